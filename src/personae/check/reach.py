"""What personas of one root can reach: each other, the user's, the built-in ones, and all that is on offer there.

Apart from `surroundings`, because it takes the whole library, and folders of other tools' agents need none of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from personae.check.context import Context
from personae.check.read import ReadFile
from personae.errors import Diagnostic, DuplicateNameError, Place, StorageError
from personae.library.library import duplicate_slug, load_built_in
from personae.library.offers_store import find_skill, read_opinion
from personae.library.opinions import resolve_opinions
from personae.library.project import Project
from personae.library.registry import Registry
from personae.library.roots import user_folder
from personae.library.skills import resolve_skills
from personae.library.store import BUILT_IN_FOLDER, PersonaFile, list_home, read_persona
from personae.library.substrate_store import read_substrate
from personae.persona.model import Persona

__all__ = ["Reach"]


@dataclass(slots=True)
class Reach:
    """Looks at the folders of personas once per run."""

    watch: Callable[[str], None]
    """Is told each path that the answers depend on."""
    name: Callable[[str], str]
    """How diagnostics name a path."""
    _user: tuple[Persona, ...] | None = None
    _of_user: tuple[str, ...] = ()
    """The paths that the user's personas come from."""
    _built_in: tuple[Persona, ...] | None = None

    def context(self, root: str, reads: Sequence[ReadFile], bare: Context) -> tuple[Context, list[Diagnostic]]:
        """Return `bare` with what the files `reads` of one root can reach, and what is wrong with that."""
        folder, project = Path(root), bare.project
        personas = [read.parsed.persona for read in reads if read.parsed and read.parsed.persona]
        registry, found = self._registry(personas)
        snapshot = registry.snapshot()
        broken = (read.target.home[1] for read in reads if read.target.home and not read.left_alone)
        substrate = read_substrate(project)
        self._watch_all(str(project.root / path) for path in project.substrate_paths)
        found += [replace(item, file=project.file or item.file) for item in substrate.diagnostics]
        found += self._offers(personas, folder)
        return replace(
            bare,
            personas=snapshot,
            slugs=frozenset([*snapshot, *broken]),
            substrate=substrate.names,
            skills=self._names(folder / ".agents" / "skills", user_folder() / ".agents" / "skills"),
            opinions=self._names(folder / "opinions", user_folder() / "opinions", BUILT_IN_FOLDER / "opinions"),
            capabilities=self._capabilities(project) if any(item.enhances for item in personas) else frozenset(),
        ), found

    def home(self, root: str) -> list[PersonaFile]:
        """Return the persona files of `root` itself; whoever lists an unreadable folder to check it reports that."""
        folder = Path(root)
        self._watch_all((str(folder / ".agents"), str(folder / "personas")))
        try:
            return list_home(folder)
        except (StorageError, OSError):
            return []

    def _registry(self, personas: Iterable[Persona]) -> tuple[Registry, list[Diagnostic]]:
        if self._built_in is None:
            self._built_in = load_built_in().personas
        if self._user is None:
            self._user = self._load_user()
        self._watch_all(self._of_user)
        registry, found = Registry(), list[Diagnostic]()
        for persona in (*self._built_in, *self._user):
            try:
                registry.register(persona)
            except DuplicateNameError:
                continue  # the user's own folder; reported where it is checked
        for persona in personas:
            try:
                registry.register(persona)
            except DuplicateNameError as error:
                found.append(_duplicate(error))
        return registry, found

    def _load_user(self) -> tuple[Persona, ...]:
        folder = user_folder()
        files = self.home(str(folder))
        self._of_user = (str(folder / ".agents"), str(folder / "personas"), *(str(file.path) for file in files))
        read = (read_persona(file, root=folder, layer="user").persona for file in files)
        return tuple(persona for persona in read if persona is not None)

    def _offers(self, personas: Sequence[Persona], root: Path) -> Iterator[Diagnostic]:
        """Yield what is wrong with the opinions and skills that personas ask for, as adoption would find it."""
        opinions = sorted({name for persona in personas for name in persona.opinions})
        skills = sorted({name for persona in personas for name in persona.skills})
        for folder in (root, user_folder()):
            self._watch_all(str(folder / "opinions" / f"{name}.md") for name in opinions)
            self._watch_all(str(folder / ".personae" / "opinions" / f"{name}.md") for name in opinions)
            self._watch_all(str(folder / ".agents" / "skills" / name / "SKILL.md") for name in skills)
        for opinion in resolve_opinions(opinions, read_opinion(root)):
            yield from (self._placed(item, root) for item in opinion.diagnostics)
        for skill in resolve_skills(skills, find_skill(root)):
            yield from (self._placed(item, root) for item in skill.diagnostics)

    def _placed(self, item: Diagnostic, root: Path) -> Diagnostic:
        """Give a diagnostic that names its file from the root the name that the others have."""
        path = root / item.file
        return replace(item, file=self.name(str(path))) if path.exists() else item

    def _names(self, *folders: Path) -> frozenset[str]:
        names: set[str] = set()
        for folder in folders:
            self.watch(str(folder))
            try:
                with os.scandir(folder) as entries:
                    names.update(Path(entry.name).stem for entry in entries)
            except OSError:
                continue
        return frozenset(names)

    def _capabilities(self, project: Project) -> frozenset[str]:
        # Asking for the metadata of packages is slow, and few personas enhance anything.
        from personae.library.installed_store import offered  # noqa: PLC0415

        table = project.tables.get("capabilities", {})
        return frozenset([*table, *(item.name for item in offered(frozenset()))])

    def _watch_all(self, paths: Iterable[str]) -> None:
        for path in paths:
            self.watch(path)


def _duplicate(error: DuplicateNameError) -> Diagnostic:
    first = Place(file=error.first, message=f"the other {error.name!r}")
    return replace(duplicate_slug(error), related=(first,))
