"""Frontmatter text to a tree of YAML nodes with positions. Total: any text gives a tree or a diagnostic.

libyaml does the reading. What it composes by recursion overflows the C stack at some ten thousand levels, and aliases
can multiply a tree without end; personas need neither, so both are refused before a tree is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.resolver import Resolver

from personae.errors import Diagnostic
from personae.persona.patterns import lazy

__all__ = ["MappingNode", "Node", "ScalarNode", "SequenceNode", "compose", "empty_map", "kind_of", "position"]

_MAX_DEPTH = 32
# Each indicator and each step of indentation may open a level; text within these bounds is shallow enough.
_MAY_BE_DEEP = lazy(r"^ {64}|^[ \t]*(?:[-?:][ \t]+){8}", re.MULTILINE)
_MAY_BE_FLOW = 64
# An indicator counts only where a value may begin; the stars of "0 9 * * 1" do not.
# In brackets that is also right behind a colon or question mark: {"a":*b}.
_ANCHORS_AND_TAGS = lazy(r"(?:^|[\s\[{,:?])(?:!|[&*](?=[^\s,\]}]))", re.MULTILINE)
# YAML 1.1 ends a line at these, and nothing else that reads or edits the file does.
_OTHER_LINE_BREAKS = lazy("[\x85\u2028\u2029]")

HAS_LIBYAML: bool = yaml.__with_libyaml__
"""Without it everything works, some ten times slower."""

# `Any`: the two loaders share an interface and no base class.
_EventLoader: Any = yaml.CSafeLoader if HAS_LIBYAML else yaml.SafeLoader
_Parser: Any = yaml.cyaml.CParser if HAS_LIBYAML else yaml.SafeLoader  # type: ignore[attr-defined]


class _Composer(_Parser):  # type: ignore[misc]
    """libyaml's composer without tag resolution: what a scalar means is asked later, by the field it stands in."""

    def resolve(self, kind: type[Node], value: str | None, implicit: object) -> str:
        return ""

    def descend_resolver(self, current_node: object, current_index: object) -> None: ...

    def ascend_resolver(self) -> None: ...


def compose(text: str, *, file: str, first_line: int) -> tuple[Node | None, list[Diagnostic]]:
    """Return the root node of `text`, None for an empty one; `first_line` is its line in the file."""
    if not text.isascii() and (found := _OTHER_LINE_BREAKS.search(text)):
        return None, [_bad_character(found.group(), text, file, first_line)]
    try:
        if _may_have_anchors_or_tags(text) or _may_be_deep(text):
            refused = list(_refused(text, file, first_line))
            if refused:
                return None, refused
        node: Node | None = _Composer(text).get_single_node()
        return node, []
    except yaml.MarkedYAMLError as error:
        return None, [_syntax_error(error, text, file, first_line)]
    except yaml.reader.ReaderError as error:
        return None, [_bad_character(chr(error.character), text, file, first_line)]


def _may_have_anchors_or_tags(text: str) -> bool:
    return ("!" in text or "&" in text or "*" in text) and _ANCHORS_AND_TAGS.search(text) is not None


def _may_be_deep(text: str) -> bool:
    return _MAY_BE_DEEP.search(text) is not None or text.count("[") + text.count("{") > _MAY_BE_FLOW


def empty_map() -> MappingNode:
    """Return the tree of a frontmatter without any key."""
    mark = yaml.Mark("", 0, 0, 0, None, 0)
    return MappingNode("", [], mark, mark)


def position(node: Node, first_line: int) -> tuple[int, int]:
    """Return line and column of `node` in the file, both from 1."""
    return node.start_mark.line + first_line, node.start_mark.column + 1


def kind_of(node: Node) -> str:
    """Return what YAML 1.1 makes of a node, in a user's words: text, number, true/false, date, nothing, list, map."""
    if isinstance(node, SequenceNode):
        return "a list"
    if isinstance(node, MappingNode):
        return "a map"
    if getattr(node, "style", None):  # quoted, or a block
        return "text"
    return _KINDS.get(_plain_tag(str(node.value)), "text")


_KINDS = {
    "tag:yaml.org,2002:null": "nothing",
    "tag:yaml.org,2002:bool": "true or false",
    "tag:yaml.org,2002:int": "a number",
    "tag:yaml.org,2002:float": "a number",
    "tag:yaml.org,2002:timestamp": "a date",
}


def _plain_tag(value: str) -> str:
    for tag, pattern in Resolver.yaml_implicit_resolvers.get(value[:1], ()):
        if pattern.match(value):
            return str(tag)
    return ""


def _refused(text: str, file: str, first_line: int) -> Iterator[Diagnostic]:
    """Walk the events, which libyaml makes without recursion, and refuse anchors, aliases, tags and depth."""
    depth = 0
    for event in yaml.parse(text, Loader=_EventLoader):
        mark: Any = event.start_mark
        line, column = mark.line + first_line, mark.column + 1
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if isinstance(event, yaml.AliasEvent):
            help = 'Write the value out, or quote it if the star is meant: "*".'
            yield _diagnostic("yaml-alias", f"aliases are not allowed, found *{anchor}", file, line, column, help=help)
        elif anchor:
            help = "Remove it, or quote the text if the ampersand is meant."
            yield _diagnostic("yaml-anchor", f"anchors are not allowed, found &{anchor}", file, line, column, help=help)
        if tag:
            help = "Remove it, or quote the text if the exclamation mark is meant."
            yield _diagnostic("yaml-tag", f"tags are not allowed, found {tag}", file, line, column, help=help)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _MAX_DEPTH:
                yield _too_deep(file, line, column)
                return
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _bad_character(character: str, text: str, file: str, first_line: int) -> Diagnostic:
    before = text[: max(text.find(character), 0)]
    code = f"U+{ord(character):04X}"
    is_break = _OTHER_LINE_BREAKS.match(character)
    message = f"invalid YAML: there is a {'line separator' if is_break else 'control character'} ({code})"
    help = "Replace it by a space or a line break." if is_break else "Remove it; only tabs and line breaks are allowed."
    line, column = before.count("\n") + first_line, len(before) - before.rfind("\n")
    return _diagnostic("invalid-yaml", message, file, line, column, help=help)


def _too_deep(file: str, line: int, column: int) -> Diagnostic:
    message = f"lists and maps are nested more than {_MAX_DEPTH} deep"
    return _diagnostic("yaml-too-deep", message, file, line, column, help="No field needs more than three.")


def _syntax_error(error: yaml.MarkedYAMLError, text: str, file: str, first_line: int) -> Diagnostic:
    context, problem = error.context or "", (error.problem or "it cannot be read").strip()
    is_where_it_began = any(words in context for words in _OPENED) and "escape" not in problem
    mark = error.context_mark if is_where_it_began else error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = text.split("\n")
    line = min(line, len(lines) - 1)
    source = lines[line]
    if "nesting depth" in problem:  # newer versions of libyaml have a limit of their own, and look ahead
        return _too_deep(file, line + first_line, min(column, len(source)) + 1)
    message, help = _explain(f"{context}: {problem}", source, column) or (problem, _QUOTE)
    return _diagnostic(
        "invalid-yaml", f"invalid YAML: {message}", file, line + first_line, min(column, len(source)) + 1, help=help
    )


_OPENED = ("quoted scalar", "flow sequence", "flow mapping", "simple key")
"""What is broken off: the mark of the problem is where the text ended or went on as something else."""


def _explain(problem: str, source: str, column: int) -> tuple[str, str] | None:
    """Say what people usually did when libyaml says `problem` about the line `source`."""
    if "\t" in source[: len(source) - len(source.lstrip())] or source[column : column + 1] == "\t":
        return "a tab is used for indentation", "Indent with spaces."
    key, _, value = source.partition(": ")
    if "mapping values are not allowed" in problem and ": " in value:
        quoted = f'{key.strip()}: "{value.strip()}"'
        is_short = len(quoted) < 80 and not {'"', "\\", "#"}.intersection(value)
        return 'a second ": " in an unquoted value', f"Quote the value: {quoted}" if is_short else "Quote the value."
    if "did not find expected key" in problem and source[:column].strip():
        return "there is text after the end of the value", "Quote the whole value."
    return next(((message, help) for words, message, help in _USUAL_CAUSES if words in problem), None)


_QUOTE = "Quote text that holds any of : # [ ] { } & * ! | > % @ `."
_INDENTATION = (
    "the line does not fit the indentation above it",
    "Align the keys of one map in one column; quote text that spans lines.",
)
_INDICATOR = ("the value begins with a character that has a meaning in YAML", "Quote the value.")
_USUAL_CAUSES = (
    (
        "mapping values are not allowed",
        "a key where none can be",
        "Check the indentation of this line and the one above, and that a space follows each colon.",
    ),
    ("escape", "a backslash means something in double quotes", "Use single quotes, or write \\\\."),
    ("quoted scalar", "a quote is never closed", "Close it, or use the other kind of quote around it."),
    ("simple key", "the line is no key: value", "Put a colon and a space after the key, or indent text that goes on."),
    ("block mapping", *_INDENTATION),
    ("block collection", *_INDENTATION),
    ("while parsing a flow", "a [ or { is not closed, or a comma is missing", "Close it on the same line."),
    (
        "block sequence entries are not allowed",
        "a dash where no list can begin",
        "Put each entry on a line of its own, or write [one, two].",
    ),
    ("document", "something stands after the end of the map", "Only keys belong between the fences."),
    ("a directive", "something stands before the map", "Only keys belong between the fences."),
    ("comment or line break", "text on the line of a | or >", "Begin the text on the next line, indented."),
    ("cannot start any token", *_INDICATOR),
    ("alphabetic or numeric", *_INDICATOR),
    ("scanning a tag", *_INDICATOR),
)


def _diagnostic(rule: str, message: str, file: str, line: int, column: int, *, help: str) -> Diagnostic:
    return Diagnostic(rule=rule, message=message, file=file, line=line, column=column, help=help)
