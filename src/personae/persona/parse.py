"""Bytes of a persona file to a `Persona` or to diagnostics. Total: no input whatever makes it raise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from types import MappingProxyType
from typing import Any, cast

from personae.errors import Diagnostic, InvalidPersonaError
from personae.persona import slug as slugs
from personae.persona.fields import KEYS, PERSONA, REQUIRED_IN_AGENTS
from personae.persona.model import Budget, Heartbeat, Home, Memory, Persona, Source
from personae.persona.shapes import Reading, Value
from personae.persona.source import Document, decode, no_frontmatter, split
from personae.persona.yamltree import MappingNode, Node, ScalarNode, compose, empty_map, kind_of, position

__all__ = ["Parsed", "budget_of", "home_of", "parse"]

_FRONTMATTER_LINE = 2
_SAME_NAME = (
    *("role", "type", "description", "goal", "backstory", "model", "effort", "tier", "tools"),
    *("visibility", "emoji", "color", "order"),
)
_LISTS = ("skills", "requires", "enhances", "opinions", "modes", "triggers")
_RENAMED = {"maxSteps": "max_steps", "needsTempWorkspace": "needs_temp_workspace", "canDispatch": "can_dispatch"}
_ALWAYS_LOAD = "alwaysload"
_ANY_BEAT = {"cron": "0 0 1 1 *", "prompt": "-"}
"""Stands in for keys already reported as missing, so that the other beats keep their places."""


_FOLLOWS_FROM = {"empty-stance": ("goal", "backstory"), "identity-needs-role": ("role",)}
"""What such a rule would say of a value that these fields, refused before, left incomplete is no news."""


_NO_NODES: Mapping[str, Node] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Parsed:
    """What became of a file: a persona, or what is wrong with it, or neither when it is no persona at all."""

    persona: Persona | None
    diagnostics: tuple[Diagnostic, ...] = ()
    text: str | None = field(default=None, compare=False, repr=False)
    """The whole file with `\\n` line ends; None when it could not be decoded."""
    document: Document | None = field(default=None, compare=False, repr=False)
    """`text`, cut at its fences; None when it could not be cut."""
    nodes: Mapping[str, Node] = field(default_factory=lambda: _NO_NODES, compare=False, repr=False)
    """Path of each field that was read to its node."""

    @property
    def places(self) -> dict[str, tuple[int, int]]:
        """Path of each field to its line and column in the file, both from 1."""
        return {path: position(node, _FRONTMATTER_LINE) for path, node in self.nodes.items()}

    @property
    def left_alone(self) -> bool:
        """Whether the file is no persona and does not claim to be one, such as a README beside personas."""
        return self.persona is None and not any(item.severity == "error" for item in self.diagnostics)


def home_of(path: PurePath) -> tuple[Home, str] | None:
    """Return the home and slug that `path` stands for, or None when no persona lives at such a path."""
    parts = path.parts
    if len(parts) >= 3 and parts[-1] == "persona.md" and parts[-3] == ".agents":
        return Home.AGENTS, parts[-2]
    if len(parts) >= 2 and parts[-2] == "personas" and path.suffix == ".md":
        return Home.PERSONAS, path.stem
    return None


def parse(data: bytes, *, file: str, home: Home, slug: str) -> Parsed:
    """Read the persona in `data`. `file` is how diagnostics name it; `slug` is what its path makes it."""
    if home is Home.PERSONAS and slug.casefold() == "readme":
        return Parsed(None)
    text, found = decode(data, file=file)
    if text is None:
        return Parsed(None, tuple(found))
    document, broken = split(text, file=file)
    found += broken
    if broken:
        return Parsed(None, tuple(found), text)
    if document.frontmatter is None:
        if home is Home.PERSONAS:
            return Parsed(None)
        return Parsed(None, (*found, no_frontmatter(file)), text, document)
    root, broken = compose(document.frontmatter, file=file, first_line=_FRONTMATTER_LINE)
    found += broken
    if broken:
        return Parsed(None, tuple(found), text, document)
    reading = Reading(file=file, first_line=_FRONTMATTER_LINE, diagnostics=found)
    persona, found = _from_tree(root, document, reading, Source(file=file, home=home), slug)
    return Parsed(persona, tuple(found), text, document, reading.nodes)


def _from_tree(
    root: Node | None, document: Document, reading: Reading, source: Source, slug: str
) -> tuple[Persona | None, list[Diagnostic]]:
    if root is None:
        root = empty_map()
    if not isinstance(root, MappingNode):
        reading.wrong_kind(root, "", "a map of keys and values", help="Write one key: value per line.")
        return None, reading.diagnostics
    if source.home is Home.PERSONAS and (other := _other_kind(root, reading)):
        return None, [other]
    _refuse_always_load(root, reading)
    values = cast("dict[str, Value]", PERSONA.read(root, "", reading))
    _check_home(root, values, reading, source.home, slug)
    if "tools" in reading.nodes and source.home is Home.AGENTS and values.get("tools") == []:
        _warn_empty_tools(values, reading)
    persona: Persona | None = None
    try:
        persona = Persona(**_arguments(values, document, source, slug))
    except InvalidPersonaError as error:
        refused = {item.field for item in reading.diagnostics if item.field and item.severity == "error"}
        reading.diagnostics += [
            _placed(item, reading, source)
            for item in error.diagnostics
            if item.field not in refused and refused.isdisjoint(_FOLLOWS_FROM.get(item.rule, ()))
        ]
    if any(item.severity == "error" for item in reading.diagnostics):
        persona = None
    return persona, sorted(reading.diagnostics, key=lambda item: (item.line, item.column))


def _arguments(values: dict[str, Value], document: Document, source: Source, slug: str) -> dict[str, Any]:
    """Return the constructor's arguments. `Any`: each value has the type its shape gives, which the table knows."""
    arguments: dict[str, Any] = {"name": slug, "system_prompt": document.body or None, "source": source}
    for key, value in values.items():
        if key in _SAME_NAME:
            arguments[key] = value
        elif key in _LISTS:
            arguments[key] = tuple(cast("list[str]", value))
        elif key in _RENAMED:
            arguments[_RENAMED[key]] = value
    display = values.get("name") if source.home is Home.AGENTS else values.get("displayName")
    arguments["display_name"] = display
    if beats := values.get("heartbeats"):
        arguments["heartbeats"] = tuple(
            Heartbeat(**{**_ANY_BEAT, **beat}) for beat in cast("list[dict[str, Any]]", beats)
        )
    if memory := cast("dict[str, Any] | None", values.get("memory")):
        known = {"path": memory.get("path"), "max_lines": memory.get("maxLines")}
        arguments["memory"] = Memory(**{key: value for key, value in known.items() if value is not None})
    if budget := cast("dict[str, dict[str, Any]] | None", values.get("budget")):
        arguments["budget"] = budget_of(budget)
    return arguments


def budget_of(budget: dict[str, dict[str, Any]]) -> Budget:
    """Return the caps in a `budget` map that its shape has read."""
    daily, per_run = budget.get("daily", {}), budget.get("perRun", {})
    return Budget(
        daily_max_cost_usd=daily.get("maxCostUsd"),
        per_run_max_cost_usd=per_run.get("maxCostUsd"),
        per_run_max_tokens=per_run.get("maxTokens"),
    )


def _check_home(root: MappingNode, values: dict[str, Value], reading: Reading, home: Home, slug: str) -> None:
    """Check what depends on where the file lives: required keys, the slug, the kind."""
    if reading.nodes.get("kind") is not None and values.get("kind") not in (None, "persona"):
        node = reading.nodes["kind"]
        reading.report(
            "wrong-kind",
            node,
            "kind",
            f"{values['kind']!r} is not persona",
            found=str(values["kind"]),
            expected="persona",
            help="Write kind: persona.",
        )
    if home is Home.AGENTS:
        for key in REQUIRED_IN_AGENTS:
            if key not in reading.nodes:
                doc = KEYS[key].doc
                reading.report("missing-key", root, key, "the key is required", expected=doc, help=f"Add {key}: {doc}")
        if "displayName" in reading.nodes:
            help = "Here name is the display name, and the folder is the slug."
            reading.report(
                "unknown-key",
                reading.nodes["displayName"],
                "displayName",
                "displayName belongs in personas/ only",
                help=help,
            )
        return
    name = values.get("name")
    if isinstance(name, str) and name != slug:
        message = f"{name!r} is not the file's name, {slug!r}"
        help = f"Write name: {slug}, or rename the file. A name to show goes into displayName."
        reading.report("slug-is-not-stem", reading.nodes["name"], "name", message, found=name, expected=slug, help=help)


def _other_kind(root: MappingNode, reading: Reading) -> Diagnostic | None:
    """Return a note when the file says it is something else, an error when it does not say what it is."""
    kind = next((value for key, value in root.value if isinstance(key, ScalarNode) and key.value == "kind"), None)
    if kind is None:
        return Diagnostic(
            rule="missing-kind",
            message="the key is required in personas/",
            file=reading.file,
            line=_FRONTMATTER_LINE,
            field="kind",
            expected="persona",
            help="Add kind: persona, or move the file if it is none.",
        )
    # A capital letter is a slip; skipping the file would hide it.
    if isinstance(kind, ScalarNode) and kind.value.casefold() != "persona" and kind_of(kind) == "text":
        line, column = position(kind, reading.first_line)
        return Diagnostic(
            rule="other-kind",
            severity="note",
            message=f"skipped: it is a {kind.value}, not a persona",
            file=reading.file,
            line=line,
            column=column,
            field="kind",
            found=str(kind.value),
        )
    return None


def _refuse_always_load(root: MappingNode, reading: Reading) -> None:
    """Refuse it in every spelling and type: a persona that loads itself costs every request, adopted or not."""
    kept = []
    for key, value in root.value:
        name = str(key.value).replace("_", "").replace("-", "").casefold() if isinstance(key, ScalarNode) else ""
        if name != _ALWAYS_LOAD:
            kept.append((key, value))
            continue
        is_false = isinstance(value, ScalarNode) and str(value.value).casefold() in ("false", "no", "off")
        if not is_false:
            help = "Remove the key: a persona is dormant until it is adopted."
            reading.report(
                "always-load",
                value,
                str(key.value),
                "a persona never loads itself",
                expected="false, or absent",
                help=help,
            )
        elif key.value != "always_load":
            reading.report(
                "unknown-key", key, str(key.value), f"unknown key {key.value!r}", help="It is spelled always_load."
            )
    if len(kept) != len(root.value):
        root.value = kept


def _warn_empty_tools(values: dict[str, Value], reading: Reading) -> None:
    """Seed 004 reads an empty list as the defaults; the word `none` says none everywhere."""
    node = reading.nodes["tools"]
    if isinstance(node, ScalarNode):
        return
    values["tools"] = None
    line, column = position(node, reading.first_line)
    reading.diagnostics.append(
        Diagnostic(
            rule="empty-tools",
            severity="warning",
            message="an empty list means the project's default tools here",
            file=reading.file,
            line=line,
            column=column,
            field="tools",
            help="Write tools: none for no tools, or remove the key for the defaults.",
        )
    )


def _placed(item: Diagnostic, reading: Reading, source: Source) -> Diagnostic:
    """Give a diagnostic about the value its place in the file: the field's node, or the nearest one around it."""
    path = item.field
    if item.rule == "invalid-slug":
        what = "the folder's name" if source.home is Home.AGENTS else "the file's name"
        suggestion = slugs.suggest(item.found)
        return replace(
            item, file=reading.file, field="", message=f"{what} {item.message}", help=f"Rename it to {suggestion!r}."
        )
    if path == "displayName" and source.home is Home.AGENTS:
        item, path = replace(item, field="name"), "name"
    while path:
        node = reading.nodes.get(path)
        if node is not None:
            line, column = position(node, reading.first_line)
            return replace(item, file=reading.file, line=line, column=column)
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return replace(item, file=reading.file)
