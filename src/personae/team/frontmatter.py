"""The frontmatter of a plan: `depends_on`, `touches`, `branch`, `status`. Tolerant of shapes, never of silence."""

from __future__ import annotations

from dataclasses import dataclass

from personae.errors import Diagnostic
from personae.persona.yamltree import MappingNode, Node, ScalarNode, SequenceNode, compose, position
from personae.team.slugs import normalize

__all__ = ["MAX_CHARACTERS", "Head", "read_head"]

MAX_CHARACTERS = 1 << 16

_QUOTE = 'Quote globs that begin with `*`, `!` or `&`: touches: ["**/*.py"].'


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the frontmatter declares; `body` begins at `body_line`."""

    depends_on: tuple[str, ...] | None = None
    touches: tuple[str, ...] | None = None
    branch: str | None = None
    status: str | None = None
    body: str = ""
    body_line: int = 1
    readable: bool = True


@dataclass(slots=True)
class _Fields:
    """The keys found so far. A key written twice adds to its list: a dependency must not get lost."""

    file: str
    first_line: int
    lists: dict[str, list[str]]
    scalars: dict[str, str]
    diagnostics: list[Diagnostic]
    readable: bool = True

    def complain(self, rule: str, message: str, node: Node, *, field: str, help: str) -> None:
        line, column = position(node, self.first_line)
        self.diagnostics.append(
            Diagnostic(rule=rule, message=message, file=self.file, line=line, column=column, field=field, help=help)
        )


def read_head(text: str, *, file: str) -> tuple[Head, list[Diagnostic]]:
    """Split `text` (with `\\n` line ends) at its fences and read what stands between them."""
    cut = _cut(text)
    if cut is None:
        return Head(body=text), []
    yaml_text, body, body_line, problem = cut
    if problem:
        help = 'Put a line "---" after the last key.' if "never" in problem else "Long text belongs below the fence."
        found = Diagnostic(rule="plan-frontmatter", message=problem, file=file, help=help)
        return _unreadable(body, body_line), [found]
    try:
        root, wrong = compose(yaml_text, file=file, first_line=2)
    except RecursionError:
        wrong = [Diagnostic(rule="plan-frontmatter", message="the frontmatter is nested too deep", file=file)]
    if wrong:
        return _unreadable(body, body_line), [_with_way_out(item) for item in wrong]
    if root is None or (isinstance(root, ScalarNode) and not root.value):
        return Head(body=body, body_line=body_line), []
    if not isinstance(root, MappingNode):
        message = "the frontmatter is no map of keys to values"
        help = "Write `key: value` lines."
        found = Diagnostic(rule="plan-frontmatter", message=message, file=file, line=2, help=help)
        return _unreadable(body, body_line), [found]
    fields = _Fields(file, 2, {}, {}, [])
    _walk(root, fields)
    return _head(fields, body, body_line), fields.diagnostics


def _cut(text: str) -> tuple[str, str, int, str] | None:
    """Return the YAML text, the body, its first line and what is wrong; None without an opening fence."""
    opening, _, rest = text.partition("\n")
    if opening.rstrip() != "---":
        return None
    lines = 1
    start = 0
    while start < len(rest):
        end = rest.find("\n", start)
        end = len(rest) if end < 0 else end
        lines += 1
        if rest.startswith(("---", "..."), start) and rest[start:end].strip() in ("---", "..."):
            return rest[:start], rest[end + 1 :], lines + 1, ""
        start = end + 1
        if start > MAX_CHARACTERS:
            return "", rest, 2, f"the frontmatter has more than {MAX_CHARACTERS:,} characters"
    return "", rest, 2, 'the frontmatter is opened by "---" and never closed'


def _unreadable(body: str, body_line: int) -> Head:
    return Head(body=body, body_line=body_line, readable=False)


def _with_way_out(item: Diagnostic) -> Diagnostic:
    return Diagnostic(
        rule="plan-frontmatter",
        message=item.message,
        file=item.file,
        line=item.line,
        column=item.column,
        found=item.found,
        expected=item.expected,
        help=_QUOTE if item.rule in ("yaml-alias", "yaml-anchor", "yaml-tag") or "alias" in item.message else item.help,
    )


def _walk(root: MappingNode, fields: _Fields) -> None:
    seen: set[str] = set()
    for key_node, value in root.value:
        key = str(key_node.value).strip().replace("-", "_").casefold() if isinstance(key_node, ScalarNode) else ""
        if key not in ("depends_on", "touches", "branch", "status"):
            continue
        if key in seen:
            message = "the key is written twice"
            fields.complain("plan-duplicate-key", message, key_node, field=key, help="Merge the two.")
        seen.add(key)
        if key in ("branch", "status"):
            if isinstance(value, ScalarNode) and not _is_null(value):
                fields.scalars.setdefault(key, str(value.value).strip())
            continue
        items = _items(value, key, fields)
        if items is not None:
            fields.lists.setdefault(key, []).extend(items)


def _items(value: Node, key: str, fields: _Fields) -> list[str] | None:
    """Return the strings under `key`: a list, a list in a list (`[[a]]`), or one text with commas. None for nothing."""
    if isinstance(value, ScalarNode):
        if _is_null(value):
            return None
        text = str(value.value)
        return [part.strip() for part in _split_outside_braces(text) if part.strip()]
    if not isinstance(value, SequenceNode):
        fields.readable = False
        help = f"Write a list: {key}: [a, b]."
        fields.complain("plan-field", "expected a list, found a map", value, field=key, help=help)
        return None
    found: list[str] = []
    nodes = list(reversed(value.value))
    while nodes:
        node = nodes.pop()
        if isinstance(node, SequenceNode):
            nodes.extend(reversed(node.value))
        elif isinstance(node, ScalarNode) and str(node.value).strip() and not _is_null(node):
            found.append(str(node.value).strip())
        else:
            fields.readable = False
            fields.complain("plan-field", "expected a text in the list", node, field=key, help=_QUOTE)
    return found


def _is_null(node: ScalarNode) -> bool:
    return not node.style and node.value.strip() in ("", "~", "null", "Null", "NULL")


def _split_outside_braces(text: str) -> list[str]:
    parts, depth = [""], 0
    for character in text:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _head(fields: _Fields, body: str, body_line: int) -> Head:
    depends_on = fields.lists.get("depends_on")
    touches = fields.lists.get("touches")
    return Head(
        depends_on=None if depends_on is None else tuple(dict.fromkeys(normalize(item) for item in depends_on)),
        touches=None if touches is None else tuple(dict.fromkeys(touches)),
        branch=fields.scalars.get("branch") or None,
        status=fields.scalars.get("status") or None,
        body=body,
        body_line=body_line,
        readable=fields.readable,
    )
