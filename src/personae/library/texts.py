"""Markdown files beside personas (opinions, skills): their frontmatter as plain texts, and their body. Total."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from personae.errors import Diagnostic
from personae.persona.source import decode, split
from personae.persona.yamltree import MappingNode, ScalarNode, compose

__all__ = ["TextFile", "read_text_file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """One file, read."""

    file: str
    """As messages name it."""
    layer: str
    keys: Mapping[str, str] = field(default_factory=dict)
    """Only the plain values; lists and maps are other tools' business."""
    body: str


def read_text_file(data: bytes, *, file: str, layer: str) -> tuple[TextFile | None, tuple[Diagnostic, ...]]:
    """Return the text in `data`, or None and why it cannot be used. Frontmatter may be absent."""
    text, found = decode(data, file=file)
    if text is None:
        return None, tuple(found)
    document, broken = split(text, file=file)
    if broken:
        return None, (*found, *broken)
    keys: dict[str, str] = {}
    if document.frontmatter is not None:
        root, broken = compose(document.frontmatter, file=file, first_line=2)
        if broken:
            return None, (*found, *broken)
        if isinstance(root, MappingNode):
            keys = {
                str(key.value): str(value.value)
                for key, value in root.value
                if isinstance(key, ScalarNode) and isinstance(value, ScalarNode)
            }
    return TextFile(file=file, layer=layer, keys=keys, body=document.body.strip()), tuple(found)
