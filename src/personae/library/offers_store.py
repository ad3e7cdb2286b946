"""Reads what is on offer to personas: opinions, skills and capabilities, the project's before the user's and ours.

A file whose real path leaves the project is not read: a repository could otherwise put any file of yours into a prompt.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from personae.errors import Diagnostic, StorageError
from personae.library.capabilities import Capability, CapabilityOffer
from personae.library.opinions import OpinionFiles, ReadOpinion
from personae.library.project import FILE_NAME, Project
from personae.library.skills import FindSkill, SkillFound
from personae.library.store import BUILT_IN_FOLDER, user_folder
from personae.library.texts import TextFile, read_text_file
from personae.persona.store import read_bytes

__all__ = ["find_skill", "read_capabilities", "read_opinion"]

_LAYERS = ("project", "user", "built-in")


def read_opinion(root: Path) -> ReadOpinion:
    """Return how to read an opinion of the project at `root`: the nearest base, and the project's supplement."""
    places = [(root / "opinions", root), (user_folder() / "opinions", None), (BUILT_IN_FOLDER / "opinions", None)]

    def read(name: str) -> OpinionFiles:
        base, wrong = None, tuple[Diagnostic, ...]()
        for (folder, within), layer in zip(places, _LAYERS, strict=True):
            base, found = _read(folder / f"{name}.md", within=within, layer=layer)
            wrong += found
            if base is not None or found:
                break  # a broken file does not uncover the one beneath it
        supplement, found = _read(root / ".personae" / "opinions" / f"{name}.md", within=root, layer="learned")
        return OpinionFiles(base=base, supplement=supplement, diagnostics=(*wrong, *found))

    return read


def find_skill(root: Path) -> FindSkill:
    """Return how to find a skill: the project's `.agents/skills/`, then the user's."""
    places = [(root / ".agents" / "skills", root), (user_folder() / ".agents" / "skills", None)]

    def find(slug: str) -> SkillFound:
        for (folder, within), layer in zip(places, _LAYERS, strict=False):
            text, wrong = _read(folder / slug / "SKILL.md", within=within, layer=layer)
            if text is not None or wrong:
                return SkillFound(text=text, diagnostics=wrong)
        return SkillFound()

    return find


def read_capabilities(project: Project, names: Sequence[str]) -> CapabilityOffer:
    """Return what the project file and installed packages declare; packages are loaded only for `names`."""
    if not names:
        return CapabilityOffer()
    # Importing the metadata of packages takes longer than everything else here, and most personas need none.
    from personae.library import installed_store  # noqa: PLC0415

    table = cast("Mapping[str, Mapping[str, object]]", project.tables.get("capabilities", {}))
    providers: dict[str, list[Capability]] = {}
    for capability in installed_store.offered(frozenset(names)):
        providers.setdefault(capability.name, []).append(capability)
    for name, entry in table.items():
        package = cast("str | None", entry.get("package"))
        version = installed_store.version_of(package) if package else None
        declared = _declared(name, entry, project, version)
        others = [item for item in providers.get(name, []) if item.provider != declared.provider]
        own = next((item for item in providers.get(name, []) if item.provider == declared.provider), None)
        providers[name] = [_merged(declared, own), *others]
    return CapabilityOffer(providers=providers)


def _declared(name: str, entry: Mapping[str, object], project: Project, version: str | None) -> Capability:
    """Return the capability as the project file declares it; without a provider it is the project's own."""
    package, command, server = (cast("str | None", entry.get(key)) for key in ("package", "command", "server"))
    install, wanted = cast("str", entry.get("install", "")), cast("str", entry.get("version", ""))
    if package:
        provider, installed = package, version is not None
        install = install or f"pip install '{package}{wanted}'"
    elif command:
        provider, installed = command, shutil.which(command) is not None
    elif server:
        servers = cast("Mapping[str, object]", project.tables.get("mcp", {}))
        provider, installed = server, server in servers
        install = install or f"add [mcp.{server}] to {FILE_NAME}"
    else:
        provider, installed = project.file or FILE_NAME, True
    return Capability(
        name=name,
        provider=provider,
        tools=tuple(cast("list[str]", entry.get("tools", []))),
        installed=installed,
        version=version,
        wanted=wanted,
        install=install,
    )


def _merged(declared: Capability, own: Capability | None) -> Capability:
    """Return what the project says, with what the package itself says where the project is silent."""
    if own is None:
        return declared
    return Capability(
        name=declared.name,
        provider=declared.provider,
        tools=declared.tools or own.tools,
        installed=own.installed,
        version=own.version,
        wanted=declared.wanted,
        install=declared.install,
        fault=own.fault,
    )


def _read(path: Path, *, within: Path | None, layer: str) -> tuple[TextFile | None, tuple[Diagnostic, ...]]:
    """Return the file, or what is wrong with it; neither when it is not there."""
    shown = _shown(path, within, layer)
    try:
        # `lexists`: a link that leads nowhere is there, and is wrong.
        if not os.path.lexists(path):
            return None, ()
        if within is not None and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(within)):
            return None, (_unreadable(shown, "it leads out of the project"),)
        data = read_bytes(path)
    except StorageError as error:
        return None, (_unreadable(shown, f"cannot be read: {error.reason}"),)
    return read_text_file(data, file=shown, layer=layer)


def _shown(path: Path, within: Path | None, layer: str) -> str:
    if within is not None:
        return path.relative_to(within).as_posix()
    if layer == "built-in":
        return f"the built-in {path.stem}"
    return path.as_posix()


def _unreadable(file: str, message: str) -> Diagnostic:
    return Diagnostic(rule="unreadable", severity="warning", message=message, file=file)
