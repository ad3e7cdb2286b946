"""What a key of the frontmatter may hold. A shape reads a YAML node into a plain value, or says what is wrong.

Shapes check kinds (a list where a map belongs); what the values mean is checked by `rules`, once for files and Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Protocol, TypeAlias

from personae.errors import Diagnostic, close_matches
from personae.persona.patterns import lazy
from personae.persona.yamltree import MappingNode, Node, ScalarNode, SequenceNode, kind_of, position

__all__ = [
    "Anything",
    "Field",
    "Flag",
    "Json",
    "ListOf",
    "MapOf",
    "Money",
    "Named",
    "Number",
    "Reading",
    "Shape",
    "Text",
    "Value",
]

Value: TypeAlias = "str | int | bool | Decimal | list[Value] | dict[str, Value] | None"
Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


@dataclass(slots=True)
class Reading:
    """One reading of one file: where it is, what was wrong so far, and where each value stands."""

    file: str
    first_line: int
    """The line of the file on which the frontmatter begins."""
    diagnostics: list[Diagnostic] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)
    """Path of a field to its node, for those who find out later that a value is wrong."""

    def report(
        self, rule: str, node: Node, path: str, message: str, *, found: str = "", expected: str = "", help: str = ""
    ) -> None:
        line, column = position(node, self.first_line)
        self.diagnostics.append(
            Diagnostic(
                rule=rule,
                message=message,
                file=self.file,
                line=line,
                column=column,
                field=path,
                found=found,
                expected=expected,
                help=help,
            )
        )

    def wrong_kind(self, node: Node, path: str, expected: str, *, help: str = "") -> None:
        found = kind_of(node)
        self.report(
            "wrong-type",
            node,
            path,
            f"expected {expected}, found {_shown(node, found)}",
            found=found,
            expected=expected,
            help=help,
        )


class Shape(Protocol):
    """Reads a node, or returns None after a report; describes itself as JSON Schema."""

    @property
    def placeholder(self) -> Value:
        """What stands for a refused item of a list."""
        ...

    def read(self, node: Node, path: str, reading: Reading) -> Value: ...

    def schema(self) -> dict[str, Json]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One key: what it may hold and what it means."""

    shape: Shape
    doc: str
    required: bool = False
    default: Json = None
    """For the schema; the value's own default is what counts."""


@dataclass(frozen=True, slots=True)
class Text:
    """A string; `choices` and `pattern` are for the schema, `rules` enforces them."""

    choices: tuple[str, ...] = ()
    pattern: str = ""

    @property
    def placeholder(self) -> Value:
        return "-"

    def read(self, node: Node, path: str, reading: Reading) -> str | None:
        if isinstance(node, ScalarNode):
            kind = kind_of(node)
            if kind == "text":
                return str(node.value)
            if kind == "nothing":
                reading.wrong_kind(node, path, "text", help="Write a value, or remove the key.")
                return None
            help = f'Quote it if the text is meant: "{node.value}".' if len(node.value) <= 40 else "Quote it."
            reading.wrong_kind(node, path, "text", help=help)
            return None
        reading.wrong_kind(node, path, "text", help=_TEXT_FOR_COLLECTION.get(type(node), ""))
        return None

    def schema(self) -> dict[str, Json]:
        if self.choices:
            return {"type": "string", "enum": list(self.choices)}
        return {"type": "string", "pattern": self.pattern} if self.pattern else {"type": "string", "minLength": 1}


_TEXT_FOR_COLLECTION: dict[type[Node], str] = {
    SequenceNode: "Write one value, without brackets or dashes.",
    MappingNode: "Write one value; quote it if it holds a colon.",
}


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false; `never_true` is for the schema."""

    never_true: bool = False

    @property
    def placeholder(self) -> Value:
        return False

    def read(self, node: Node, path: str, reading: Reading) -> bool | None:
        if isinstance(node, ScalarNode) and kind_of(node) == "true or false":
            return str(node.value).casefold() in ("true", "yes", "on")
        reading.wrong_kind(node, path, "true or false", help="Write true or false, without quotes.")
        return None

    def schema(self) -> dict[str, Json]:
        return {"const": False} if self.never_true else {"type": "boolean"}


# YAML 1.1 has surprises nobody means here: `010` is 8 and `1:30` is 90.
_OCTAL_OR_SEXAGESIMAL = lazy(r"[-+]?0_*\d|.*:")


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number, written in decimal digits."""

    minimum: int | None = None

    @property
    def placeholder(self) -> Value:
        return 0

    def read(self, node: Node, path: str, reading: Reading) -> int | None:
        if isinstance(node, ScalarNode) and kind_of(node) == "a number":
            digits = node.value.replace("_", "").lstrip("+")
            if (
                digits.removeprefix("-").isdecimal()
                and len(digits) <= 18
                and not _OCTAL_OR_SEXAGESIMAL.match(node.value)
            ):
                return int(digits)
        reading.wrong_kind(node, path, "a whole number", help="Write decimal digits, without quotes.")
        return None

    def schema(self) -> dict[str, Json]:
        return {"type": "integer"} if self.minimum is None else {"type": "integer", "minimum": self.minimum}


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in US dollars, exact."""

    @property
    def placeholder(self) -> Value:
        return 0

    def read(self, node: Node, path: str, reading: Reading) -> Decimal | None:
        if (
            isinstance(node, ScalarNode)
            and kind_of(node) == "a number"
            and len(node.value) <= 18
            and not _OCTAL_OR_SEXAGESIMAL.match(node.value)
        ):
            try:
                amount = Decimal(node.value.replace("_", ""))
            except InvalidOperation:
                pass
            else:
                if amount.is_finite():
                    return amount
        reading.wrong_kind(node, path, "an amount in US dollars", help="Write a plain number, such as 2.50.")
        return None

    def schema(self) -> dict[str, Json]:
        return {"type": "number", "minimum": 0}


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of one shape."""

    item: Shape
    or_word: str = ""
    """A word that may stand instead of the list, and then means an empty one."""
    nullable: bool = False

    @property
    def placeholder(self) -> Value:
        return []

    def read(self, node: Node, path: str, reading: Reading) -> list[Value] | None:
        if not isinstance(node, SequenceNode):
            if isinstance(node, ScalarNode):
                if self.or_word and node.value == self.or_word:
                    return []
                if self.nullable and kind_of(node) == "nothing":
                    return None
            reading.wrong_kind(node, path, "a list", help=_as_list(node, path))
            return None
        values: list[Value] = []
        read, nodes = self.item.read, reading.nodes
        for index, item in enumerate(node.value):
            item_path = f"{path}[{index}]"
            nodes[item_path] = item
            value = read(item, item_path, reading)
            # A refused item keeps its place, so that later rules name the others by their own index.
            values.append(self.item.placeholder if value is None else value)
        return values

    def schema(self) -> dict[str, Json]:
        as_list: dict[str, Json] = {"type": "array", "items": self.item.schema()}
        others: list[Json] = [{"const": self.or_word}] if self.or_word else []
        others += [{"type": "null"}] if self.nullable else []
        return {"anyOf": [as_list, *others]} if others else as_list


@dataclass(frozen=True, slots=True)
class MapOf:
    """A map of known keys; `or_text` is the key that a bare text stands for."""

    fields: Mapping[str, Field]
    or_text: str = ""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Keys that belong somewhere else, with the place."""

    @property
    def placeholder(self) -> Value:
        return {}

    def read(self, node: Node, path: str, reading: Reading) -> dict[str, Value] | None:
        if self.or_text and isinstance(node, ScalarNode):
            reading.nodes[_join(path, self.or_text)] = node
            text = self.fields[self.or_text].shape.read(node, path, reading)
            return None if text is None else {self.or_text: text}
        if not isinstance(node, MappingNode):
            reading.wrong_kind(node, path, "a map", help=f"Write keys below it: {', '.join(list(self.fields)[:3])}.")
            return None
        values: dict[str, Value] = {}
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, ScalarNode) else None
            if key is None or (known := self.fields.get(key)) is None:
                self._unknown_key(key_node, path, reading)
                continue
            here = f"{path}.{key}" if path else key
            if key in seen:
                message = f"the key is given twice, first on line {seen[key]}"
                reading.report("duplicate-key", key_node, here, message, help="Remove one of them.")
                continue
            seen[key] = key_node.start_mark.line + reading.first_line
            reading.nodes[here] = value_node
            value = known.shape.read(value_node, here, reading)
            if value is not None:
                values[key] = value
        for key, known in self.fields.items():
            if known.required and key not in seen:
                reading.report(
                    "missing-key",
                    node,
                    _join(path, key),
                    "the key is required",
                    expected=known.doc,
                    help=f"Add {key}: {known.doc}",
                )
        return values

    def _unknown_key(self, node: Node, path: str, reading: Reading) -> None:
        if not isinstance(node, ScalarNode):
            reading.report(
                "unknown-key", node, path, f"{kind_of(node)} cannot be a key", help="Write a name before the colon."
            )
            return
        key = str(node.value)
        help = self.elsewhere.get(key, "")
        matches = close_matches(key, self.fields)
        if not help and matches:
            same = matches[0].casefold() == key.replace("_", "").replace("-", "").casefold()
            help = f"It is spelled {matches[0]}." if same else f"Did you mean {matches[0]}?"
        message = f"unknown key {key!r}"
        reading.report(
            "unknown-key",
            node,
            _join(path, key),
            message,
            found=key,
            help=help or f"Known keys: {', '.join(self.fields)}.",
        )

    def schema(self) -> dict[str, Json]:
        properties: dict[str, Json] = {key: _field_schema(known) for key, known in self.fields.items()}
        required: list[Json] = [key for key, known in self.fields.items() if known.required]
        as_map: dict[str, Json] = {"type": "object", "additionalProperties": False, "properties": properties}
        if required:
            as_map["required"] = required
        return {"anyOf": [{"type": "string", "minLength": 1}, as_map]} if self.or_text else as_map


@dataclass(frozen=True, slots=True)
class Named:
    """A map from names a user chooses to one shape."""

    item: Shape

    @property
    def placeholder(self) -> Value:
        return {}

    def read(self, node: Node, path: str, reading: Reading) -> dict[str, Value] | None:
        if not isinstance(node, MappingNode):
            reading.wrong_kind(node, path, "a map", help="Write names below it.")
            return None
        values: dict[str, Value] = {}
        for key, item in node.value:
            here = _join(path, str(key.value))
            reading.nodes[here] = item
            value = self.item.read(item, here, reading)
            if value is not None:
                values[str(key.value)] = value
        return values

    def schema(self) -> dict[str, Json]:
        return {"type": "object", "additionalProperties": self.item.schema()}


@dataclass(frozen=True, slots=True)
class Anything:
    """A map read as plain data; whoever honors it gives it its shape."""

    @property
    def placeholder(self) -> Value:
        return {}

    def read(self, node: Node, path: str, reading: Reading) -> Value:
        if not isinstance(node, MappingNode):
            reading.wrong_kind(node, path, "a map", help="Write keys below it.")
            return None
        return _plain(node)

    def schema(self) -> dict[str, Json]:
        return {"type": "object"}


def _plain(node: Node) -> Value:
    if isinstance(node, MappingNode):
        return {str(key.value): _plain(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [_plain(item) for item in node.value]
    kind, text = kind_of(node), str(node.value)
    if kind == "true or false":
        return text.casefold() in ("true", "yes", "on")
    if kind == "a number" and len(text) <= 18:
        try:
            return int(text) if text.lstrip("-").isdecimal() else Decimal(text)
        except InvalidOperation:  # hexadecimal, sexagesimal, .inf: left as it is written
            return text
    return None if kind == "nothing" else text


def _field_schema(known: Field) -> dict[str, Json]:
    schema = {**known.shape.schema(), "description": known.doc}
    return schema if known.default is None else {**schema, "default": known.default}


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _shown(node: Node, kind: str) -> str:
    if isinstance(node, ScalarNode) and kind != "nothing" and len(node.value) <= 40:
        return f"{kind} ({node.value})"
    return kind


def _as_list(node: Node, path: str) -> str:
    if isinstance(node, ScalarNode) and node.value.strip() and len(node.value) <= 60 and kind_of(node) == "text":
        key = path.rpartition(".")[2]
        return f"Write {key}: [{', '.join(part for part in node.value.replace(',', ' ').split())}]."
    return "Write a list: [one, two]."
