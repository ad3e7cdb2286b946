"""Changes of one value in a persona file: what they do not touch stays as it was, to the byte."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from personae.errors import InvalidFileError, UsageError
from personae.persona.source import decode, split
from personae.persona.yamltree import MappingNode, Node, ScalarNode, SequenceNode, compose

__all__ = ["remove_field", "set_field"]

_FENCE_LINES = 1
_STEP = re.compile(r"(?:^|\.)(?P<key>[A-Za-z_][\w-]*)|\[(?P<index>\d+)\]")
_INDENT = 2


def set_field(data: bytes, path: str, value: str, *, file: str) -> bytes:
    """Return `data` with the field at `path`, such as `effort` or `heartbeats[1].enabled`, set to `value`.

    `value` is YAML that fits on one line (see `render.scalar`). A key that is absent is added at the end of its map.
    Raises `InvalidFileError` when the frontmatter cannot be read, `UsageError` when `path` leads nowhere.
    """
    text = _open(data, file)
    found = _find(text, path)
    if isinstance(found, _Absent):
        _add(text, found, value)
    elif _is_block(found.node):
        key_end = found.key.end_mark
        line = text.lines[key_end.line + _FENCE_LINES]
        del text.lines[key_end.line + _FENCE_LINES + 1 : text.last_line(found.node) + 1]
        colon = line.index(":", key_end.column)
        text.lines[key_end.line + _FENCE_LINES] = f"{line[: colon + 1]} {value}{text.ending(line)}"
    else:
        text.splice(found.node, value)
    return text.encode()


def remove_field(data: bytes, path: str, *, file: str) -> bytes:
    """Return `data` without the lines of the key at `path`; unchanged when it is absent.

    Raises as `set_field` does, and `UsageError` when the key shares its line with another.
    """
    text = _open(data, file)
    found = _find(text, path)
    if isinstance(found, _Absent):
        return data
    first = found.key.start_mark.line + _FENCE_LINES
    if text.lines[first][: found.key.start_mark.column].strip():
        raise UsageError(f"{path} shares its line with something else", help="Remove it by hand: personae edit SLUG.")
    del text.lines[first : text.last_line(found.node) + 1]
    return text.encode()


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
        return "\r\n" if line.endswith("\r\n") else "\n"

    def splice(self, node: Node, value: str) -> None:
        """Put `value` where `node`, which does not begin on a line of its own, stands."""
        first, last = node.start_mark.line + _FENCE_LINES, node.end_mark.line + _FENCE_LINES
        before = self.lines[first][: node.start_mark.column]
        after = self.lines[last][node.end_mark.column :]
        space = " " if before.endswith((":", "-", ",")) else ""
        self.lines[first : last + 1] = [f"{before}{space}{value}{after}"]

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
    node: Node


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
        raise InvalidFileError(broken or problems, help="Mend the file first: personae check.")
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
        return _Absent(None, tuple(step["key"] or "" for step in steps))
    node: Node = text.root
    key_node: Node | None = None
    for depth, step in enumerate(steps):
        if step["index"] is not None:
            items = node.value if isinstance(node, SequenceNode) else []
            if int(step["index"]) >= len(items):
                raise UsageError(f"{path}: there is no entry {step['index']}, the list has {len(items)}")
            node = items[int(step["index"])]
            key_node = node
            continue
        if not isinstance(node, MappingNode):
            raise UsageError(
                f"{path}: {step['key']} would stand in something that is no map",
                help="Change it by hand: personae edit SLUG.",
            )
        pair = next((pair for pair in node.value if pair[0].value == step["key"]), None)
        if pair is None:
            missing = tuple(later["key"] or "" for later in steps[depth:])
            if "" in missing:
                raise UsageError(f"{path}: there is no such list to change", help="Add it by hand: personae edit SLUG.")
            return _Absent(node, missing)
        key_node, node = pair
    if key_node is None:
        raise UsageError(f"{path!r} names no key")
    return _Found(key_node, node)


def _add(text: _Text, absent: _Absent, value: str) -> None:
    parent, keys = absent.parent, absent.keys
    if parent is not None and not _is_block(parent):
        inner = "".join(f"{key}: {{" for key in keys[:-1]) + f"{keys[-1]}: {value}" + "}" * (len(keys) - 1)
        end = parent.end_mark
        line = text.lines[end.line + _FENCE_LINES]
        separator = ", " if parent.value else ""
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
