"""Findings as text for people and machines. Each format is a function from findings to one text; none prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import cast

from personae.check.outputs.seam import Output, Sources
from personae.errors import Diagnostic, UnknownNameError

__all__ = ["FORMATS", "Output", "Sources", "load", "render"]

FORMATS: Mapping[str, tuple[str, str]] = {
    "text": ("text", "as_text"),
    "concise": ("concise", "as_concise"),
    "json": ("json_", "as_json"),
    "sarif": ("sarif", "as_sarif"),
    "github": ("github", "as_github"),
}
"""Format to its module and function. Only the one that is asked for is loaded: SARIF alone takes all documents."""


def load(format: str) -> Output:
    """Return the function of `format`. Raises `UnknownNameError`."""
    if format not in FORMATS:
        raise UnknownNameError("output format", format, FORMATS)
    module, function = FORMATS[format]
    return cast("Output", getattr(import_module(f"personae.check.outputs.{module}"), function))


def render(format: str, findings: Sequence[Diagnostic], *, sources: Sources) -> str:
    """Return `findings` in `format`, without a line break at the end. Raises `UnknownNameError`.

    `text.as_text` also takes the width of the terminal and whether it has colors.
    """
    return load(format)(findings, sources=sources)
