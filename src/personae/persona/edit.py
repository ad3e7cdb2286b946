"""Changes of one value in a persona file: what they do not touch stays as it was, to the byte."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from personae.errors import InvalidFileError, UsageError
from personae.persona.source import decode, no_frontmatter, split
from personae.persona.yamltree import MappingNode, Node, ScalarNode, SequenceNode, compose, kind_of

__all__ = ["remove_field", "set_field"]

_FENCE_LINES = 1
_STEP = re.compile(r"(?:^|\.)(?P<key>[A-Za-z_][\w-]*)|\[(?P<index>[0-9]{1,6})\]")
_INDENT = 2
_Leaves: TypeAlias = dict[str, tuple[str, str]]
_BY_HAND = "Change it by hand: personae edit SLUG."


def set_field(data: bytes, path: str, value: str, *, file: str) -> bytes:
    """Return `data` with the field at `path`, such as `effort` or `heartbeats[1].enabled`, set to `value`.

    `value` is YAML that fits on one line (see `render.scalar`). A key that is absent is added at the end of its map.
    Raises `InvalidFileError` when the frontmatter cannot be read, `UsageError` when `path` leads nowhere or the file
    is written so that only a person should change it.
    """
    text = _open(data, file)
    before = dict(_leaves(text.root, ""))
    found = _find(text, path)
    if isinstance(found, _Absent):
        _add(text, found, value)
    elif not _is_block(found.node):
        text.splice(found, value)
    elif found.key is found.node:
        first, column = found.node.start_mark.line + _FENCE_LINES, found.node.start_mark.column
        kept, ending = text.lines[first][:column], text.ending(text.lines[first])
        text.lines[first : text.last_line(found.node) + 1] = [f"{kept}{value}{ending}"]
    else:
        key_end = found.key.end_mark
        line = text.lines[key_end.line + _FENCE_LINES]
        del text.lines[key_end.line + _FENCE_LINES + 1 : text.last_line(found.node) + 1]
        colon = line.index(":", key_end.column)
        text.lines[key_end.line + _FENCE_LINES] = f"{line[: colon + 1]} {value}{text.ending(line)}"
    wanted = compose(f"{value}\n", file=file, first_line=1)[0]
    return _checked(text, path, file, before, dict(_leaves(wanted, path)))


def remove_field(data: bytes, path: str, *, file: str) -> bytes:
    """Return `data` without the lines of the key at `path`; unchanged when it is absent.

    A map that would be left without any key goes with it. Raises as `set_field` does, and `UsageError` when the key
    shares its line with another.
    """
    text = _open(data, file)
    found = _find(text, path)
    if isinstance(found, _Absent):
        return data
    outer = path.rpartition(".")[0]
    if outer and len(found.parent.value) == 1:
        return remove_field(data, outer, file=file)
    first = found.key.start_mark.line + _FENCE_LINES
    if not _is_block(found.parent) or text.lines[first][: found.key.start_mark.column].strip():
        raise UsageError(f"{path} shares its line with something else", help=_BY_HAND)
    before = dict(_leaves(text.root, ""))
    del text.lines[first : text.last_line(found.node) + 1]
    return _checked(text, path, file, before, {})


@dataclass(slots=True)
class _Text:
    """A file as lines that keep their ends, beside the tree of its frontmatter."""

    mark: bytes
    lines: list[str]
    root: Node | None
    closing_fence: int

    def encode(self) -> bytes:
        return self.mark + "".join(self.lines).encode()

    def ending(self, line: str) -> str:
        return line[len(line.rstrip("\r\n")) :]

    def splice(self, found: _Found, value: str) -> None:
        """Put `value` where the node stands, between what is before and after it on its lines."""
        key, node = found.key, found.node
        if (key.end_mark.line, key.end_mark.column) == (node.end_mark.line, node.end_mark.column) and key is not node:
            value = f": {value}"  # a key in braces without a colon
        first, last = node.start_mark.line + _FENCE_LINES, node.end_mark.line + _FENCE_LINES
        before = self.lines[first][: node.start_mark.column]
        after = self.lines[last][node.end_mark.column :]
        space = " " if before.endswith((":", "-", ",")) else ""
        self.lines[first : last + 1] = [f"{before}{space}{value}{after}"]

    def ends_with_comma(self, node: MappingNode) -> bool:
        """Whether a comma stands behind the last pair of a map in braces, comments aside."""
        last = node.value[-1][1].end_mark
        between = "".join(self.lines[last.line + _FENCE_LINES : node.end_mark.line + _FENCE_LINES + 1])
        return "," in re.sub(r"(?<!\S)#.*", "", between[last.column :])

    def last_line(self, node: Node) -> int:
        """Return the index of the last line that belongs to `node`; comments and blank lines after it do not."""
        if isinstance(node, ScalarNode):
            if node.style not in ("|", ">"):
                return int(node.end_mark.line) + _FENCE_LINES
            # The mark of a block scalar stands on the first line that is not its own, or at the very end.
            last = min(node.end_mark.line + _FENCE_LINES, self.closing_fence) - 1
            while not self.lines[last].strip():
                last -= 1
            return last
        if not _is_block(node) or not node.value:
            return int(node.end_mark.line) + _FENCE_LINES
        item = node.value[-1]
        return self.last_line(item[1] if isinstance(node, MappingNode) else item)


@dataclass(frozen=True, slots=True)
class _Found:
    key: Node
    """The node itself when it is an entry of a list."""
    node: Node
    parent: Node


@dataclass(frozen=True, slots=True)
class _Absent:
    parent: MappingNode | None
    """None when the frontmatter has no key at all."""
    keys: tuple[str, ...]
    """The keys to make, outermost first."""


def _open(data: bytes, file: str) -> _Text:
    text, problems = decode(data, file=file)
    document, broken = (None, problems) if text is None else split(text, file=file)
    if document is None or document.frontmatter is None:
        raise InvalidFileError(broken or [no_frontmatter(file)], help="Mend the file first: personae check.")
    root, broken = compose(document.frontmatter, file=file, first_line=_FENCE_LINES + 1)
    if broken:
        raise InvalidFileError(broken, help="Mend the file first: personae check.")
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    lines = _lines(data[len(mark) :].decode())
    return _Text(mark=mark, lines=lines, root=root, closing_fence=document.body_line - 2)


def _lines(text: str) -> list[str]:
    """Split as `decode` counts lines; `splitlines` would split at form feeds too."""
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z", text)


def _find(text: _Text, path: str) -> _Found | _Absent:
    steps = list(_STEP.finditer(path))
    if not steps or "".join(step.group() for step in steps) != path:
        raise UsageError(
            f"{path!r} is not a field",
            help="Name one as in the file: effort, budget.daily.maxCostUsd, heartbeats[0].enabled.",
        )
    if text.root is None:
        if all(step["key"] for step in steps):
            return _Absent(None, tuple(step["key"] for step in steps))
        raise UsageError(f"{path}: there is no such list to change", help=_BY_HAND)
    node: Node = text.root
    parent, key_node = node, node
    for depth, step in enumerate(steps):
        if step["index"] is not None:
            items = node.value if isinstance(node, SequenceNode) else []
            if int(step["index"]) >= len(items):
                raise UsageError(f"{path}: there is no entry {step['index']}, the list has {len(items)}")
            parent, node = node, items[int(step["index"])]
            key_node = node
            continue
        if not isinstance(node, MappingNode):
            raise UsageError(f"{path}: {step['key']} would stand in something that is no map", help=_BY_HAND)
        pair = next((pair for pair in node.value if pair[0].value == step["key"]), None)
        if pair is None:
            missing = tuple(later["key"] or "" for later in steps[depth:])
            if "" in missing:
                raise UsageError(f"{path}: there is no such list to change", help=_BY_HAND)
            return _Absent(node, missing)
        parent, (key_node, node) = node, pair
        if text.lines[key_node.start_mark.line + _FENCE_LINES][: key_node.start_mark.column].rstrip().endswith("?"):
            raise UsageError(f"{path}: the key {step['key']} is written with a question mark", help=_BY_HAND)
    return _Found(key_node, node, parent)


def _add(text: _Text, absent: _Absent, value: str) -> None:
    parent, keys = absent.parent, absent.keys
    if parent is not None and not _is_block(parent):
        inner = "".join(f"{key}: {{" for key in keys[:-1]) + f"{keys[-1]}: {value}" + "}" * (len(keys) - 1)
        end = parent.end_mark
        line = text.lines[end.line + _FENCE_LINES]
        separator = ", " if parent.value and not text.ends_with_comma(parent) else ""
        text.lines[end.line + _FENCE_LINES] = f"{line[: end.column - 1]}{separator}{inner}{line[end.column - 1 :]}"
        return
    is_root = parent is None or parent is text.root
    column = 0 if parent is None else parent.start_mark.column
    at = text.closing_fence if parent is None or is_root else text.last_line(parent) + 1
    ending = text.ending(text.lines[0])
    lines = [f"{' ' * (column + _INDENT * depth)}{key}:{ending}" for depth, key in enumerate(keys)]
    lines[-1] = lines[-1].removesuffix(ending) + f" {value}{ending}"
    text.lines[at:at] = lines


def _is_block(node: Node) -> bool:
    """Whether the value takes whole lines below its key."""
    if isinstance(node, ScalarNode):
        return node.style in ("|", ">")
    return isinstance(node, (MappingNode, SequenceNode)) and not node.flow_style


def _checked(text: _Text, path: str, file: str, before: _Leaves, wanted: _Leaves) -> bytes:
    """Return the bytes of `text` if `wanted` is all that is new in them: YAML has more forms than are handled here."""
    data = text.encode()
    try:
        after = dict(_leaves(_open(data, file).root, ""))
    except InvalidFileError:
        after = {}
    kept = {place: leaf for place, leaf in before.items() if not _touches(place, path)}
    if after != kept | wanted:
        raise UsageError(f"{path} cannot be changed without changing more", help=_BY_HAND)
    return data


def _leaves(node: Node | None, path: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the path of each value that holds no other, with its kind and text."""
    if isinstance(node, MappingNode) and node.value:
        for key, value in node.value:
            yield from _leaves(value, f"{path}.{key.value}" if path else str(key.value))
    elif isinstance(node, SequenceNode) and node.value:
        for index, item in enumerate(node.value):
            yield from _leaves(item, f"{path}[{index}]")
    elif node is not None:
        yield path, (kind_of(node), str(node.value))


def _touches(place: str, path: str) -> bool:
    """Whether the value at `place` is the one at `path`, or in it, or an empty one around it."""
    return place == path or place.startswith((f"{path}.", f"{path}[")) or path.startswith((f"{place}.", f"{place}["))
