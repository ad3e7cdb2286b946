"""Frontmatter to a tree as another tool's YAML loader makes it. Total, like `persona.yamltree`, which does most of it.

Our own files may hold no anchors, aliases or tags; those of other tools may, where their loader reads them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

from personae.errors import Diagnostic
from personae.persona import yamltree
from personae.persona.dialects.table import Flavor
from personae.persona.patterns import lazy
from personae.persona.yamltree import MappingNode, Node, ScalarNode, SequenceNode

__all__ = ["Tree", "read_tree", "text_of"]

_DEEPEST = 128
"""Where serde gives up; the JavaScript loaders go on, and no key of any host goes deeper than eight."""
_REFUSED_HERE = frozenset(["yaml-alias", "yaml-anchor", "yaml-tag", "yaml-too-deep"])
# libyaml ends a line at these, or drops them; js-yaml does not. Private characters keep their places.
_BREAKS = str.maketrans({"\ufeff": "\ue0ef", "\x85": "\ue085", "\u2028": "\ue028", "\u2029": "\ue029"})
_UNBREAK = str.maketrans({"\ue0ef": "\ufeff", "\ue085": "\x85", "\ue028": "\u2028", "\ue029": "\u2029"})
# libyaml knows no escaped surrogates; any other character of the same width keeps the columns.
_SURROGATES = lazy(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_EMPTY_ENTRIES = lazy(r",(?=\s*,)")
_LEADING_TABS = lazy(r"^(?: *\t)+", re.MULTILINE)
_STANDARD_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in (
        *("str", "int", "float", "bool", "null", "binary", "timestamp", "merge"),
        *("map", "seq", "set", "omap", "pairs"),
    )
)
_EventLoader: Any = yaml.CSafeLoader if yamltree.HAS_LIBYAML else yaml.SafeLoader


class Tree(NamedTuple):
    """The root of what a loader reads, None for nothing, or the problem it stops at."""

    root: Node | None
    problem: Diagnostic | None = None


def read_tree(text: str, flavor: Flavor, *, file: str, first_line: int) -> Tree:
    """Return what a loader of `flavor` makes of `text`, which begins on line `first_line` of the file."""
    is_js = flavor.startswith("js")
    if is_js and not text.isascii():
        text = (text.removeprefix("\ufeff") if flavor == "js-yaml-4" else text).translate(_BREAKS)
    root, found = yamltree.compose(text, file=file, first_line=first_line)
    if found and is_js and (repaired := _as_js_reads(text, found[0], flavor)):
        root, found = yamltree.compose(repaired, file=file, first_line=first_line)
        text = repaired
    if found and (found[0].rule in _REFUSED_HERE or "line separator" in found[0].message):
        root, found = _compose_all(text, file=file, first_line=first_line, is_js=is_js)
    if found:
        return Tree(None, found[0])
    if root is not None and is_js:
        if twice := _duplicate(root, file=file, first_line=first_line):
            return Tree(None, twice)
        _merge(root)
    return Tree(root)


def text_of(node: ScalarNode) -> str:
    """Return the text of a scalar, with the line breaks that were kept from libyaml put back."""
    value = str(node.value)
    return value if value.isascii() else value.translate(_UNBREAK)


def _as_js_reads(text: str, problem: Diagnostic, flavor: Flavor) -> str:
    """Return `text` as libyaml has to see it to read what js-yaml reads, or nothing where they agree."""
    if "escape" in problem.message or "backslash" in problem.message:
        repaired = _SURROGATES.sub("............", text)
    elif flavor == "js-yaml-3" and "a comma is missing" in problem.message:
        repaired = _EMPTY_ENTRIES.sub(",~", text)
    elif flavor == "js-yaml-3" and "a tab is used" in problem.message:
        repaired = _LEADING_TABS.sub(lambda found: found.group().replace("\t", "  "), text)
    else:
        return ""
    return repaired if repaired != text else ""


def _duplicate(root: Node, *, file: str, first_line: int) -> Diagnostic | None:
    """Return the first key that stands twice in one map; js-yaml refuses the whole text for it."""
    waiting, seen = [root], set[int]()
    while waiting:
        node = waiting.pop()
        if not isinstance(node, MappingNode):
            if isinstance(node, SequenceNode) and id(node) not in seen:
                seen.add(id(node))
                waiting += node.value
            continue
        if id(node) in seen:
            continue
        seen.add(id(node))
        keys = set[str]()
        for key, value in node.value:
            if isinstance(key, ScalarNode):
                if key.value in keys and key.value != "<<":
                    line, column = yamltree.position(key, first_line)
                    message = f"invalid YAML: the key {key.value!r} stands twice in one map"
                    return _problem(message, file, line, column, help="Keep one of them.")
                keys.add(str(key.value))
            if not isinstance(value, ScalarNode):
                waiting.append(value)
    return None


def _merge(root: Node) -> None:
    """Resolve `<<` at the root, where alone it can bring keys that a host reads."""
    if not isinstance(root, MappingNode):
        return
    keys = {str(key.value) for key, _ in root.value}
    if "<<" not in keys:
        return
    merged = []
    for key, value in root.value:
        if key.value != "<<":
            continue
        for source in value.value if isinstance(value, SequenceNode) else [value]:
            if isinstance(source, MappingNode):
                merged += [pair for pair in source.value if str(pair[0].value) not in keys]
                keys.update(str(pair[0].value) for pair in source.value)
    root.value = [pair for pair in root.value if pair[0].value != "<<"] + merged


@dataclass(slots=True)
class _Building:
    """A tree in the making, from events and without recursion."""

    file: str
    first_line: int
    is_js: bool
    open: list[tuple[Node, list[Node]]] = field(default_factory=list)
    anchors: dict[str, Node] = field(default_factory=dict)
    root: Node | None = None
    documents: int = 0

    def place(self, node: Node) -> None:
        if self.open:
            self.open[-1][1].append(node)
        elif self.root is None:
            self.root = node


def _compose_all(text: str, *, file: str, first_line: int, is_js: bool) -> tuple[Node | None, list[Diagnostic]]:
    building = _Building(file, first_line, is_js)
    try:
        for event in yaml.parse(text, Loader=_EventLoader):
            if problem := _take(event, building):
                return None, [problem]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        message = f"invalid YAML: {(error.problem or 'it cannot be read').strip()}"
        return None, [_problem(message, file, line + first_line, column + 1, help="Quote the value.")]
    except yaml.reader.ReaderError as error:
        message = f"invalid YAML: there is a control character (U+{error.character:04X})"
        return None, [_problem(message, file, first_line, 1, help="Remove it.")]
    return building.root, []


def _take(event: yaml.Event, building: _Building) -> Diagnostic | None:
    """Put one event into the tree; return what the loader stops at."""
    mark: Any = event.start_mark
    line, column = mark.line + building.first_line, mark.column + 1
    if isinstance(event, yaml.DocumentStartEvent):
        building.documents += 1
        if building.documents > 1:
            message = "invalid YAML: something stands after the end of the map"
            return _problem(message, building.file, line, column, help="Only keys belong between the fences.")
    elif isinstance(event, yaml.AliasEvent):
        if event.anchor not in building.anchors:
            message = f"invalid YAML: *{event.anchor} names no anchor"
            return _problem(message, building.file, line, column, help='Quote the value if the star is meant: "*".')
        building.place(building.anchors[event.anchor])
    elif isinstance(event, yaml.CollectionEndEvent):
        _close(building)
    elif isinstance(event, yaml.NodeEvent):
        return _open(event, building, line, column)
    return None


def _close(building: _Building) -> None:
    node, children = building.open.pop()
    if isinstance(node, MappingNode):
        node.value = list(zip(children[::2], children[1::2], strict=False))
    else:
        node.value = children
    building.place(node)


def _open(event: Any, building: _Building, line: int, column: int) -> Diagnostic | None:
    tag = event.tag or ""
    if building.is_js and tag and tag != "!" and tag not in _STANDARD_TAGS:
        message = f"invalid YAML: nothing is known of the tag {tag}"
        return _problem(message, building.file, line, column, help="Quote the value if the exclamation mark is meant.")
    node: Node
    start: Any = event.start_mark
    end: Any = event.end_mark
    if isinstance(event, yaml.ScalarEvent):
        node = ScalarNode(tag, event.value, start, end, style=event.style)
        if tag and event.style is None and not building.is_js:
            node.tag = ""  # serde lets tags be
        building.place(node)
    else:
        if len(building.open) >= _DEEPEST:
            message = f"lists and maps are nested more than {_DEEPEST} deep"
            return _problem(message, building.file, line, column, help="No field needs more than three.")
        kind = MappingNode if isinstance(event, yaml.MappingStartEvent) else SequenceNode
        node = kind(tag, [], start, end)
        building.open.append((node, []))
    if event.anchor:
        building.anchors[event.anchor] = node
    return None


def _problem(message: str, file: str, line: int, column: int, *, help: str) -> Diagnostic:
    return Diagnostic(rule="invalid-yaml", message=message, file=file, line=line, column=column, help=help)
