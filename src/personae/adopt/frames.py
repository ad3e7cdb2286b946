"""Frames around material in a prompt. No text inside one can close it or open another."""

from __future__ import annotations

import re
from functools import cache

__all__ = ["FRAMES", "defused", "framed", "harmless", "one_line"]

FRAMES = (
    *("task", "document", "result"),
    *("opinions", "opinion", "learned", "skills", "skill", "capabilities", "available_agents", "memory"),
    "tool",
)
"""Every frame there is. What stands in one never holds the opening or closing of any of them."""

# A tag with invisible characters in it, or with a bracket that only looks like one, still reads as a tag to a model.
_INVISIBLE = "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]*"
_BRACKETS = "<\uff1c\ufe64"
_ANY_BRACKET = re.compile(f"[{_BRACKETS}]")
_UNQUOTABLE = re.compile(r"[\"<>\s\x00-\x1f\x7f\uff1c\ufe64\u2028\u2029]+")


def framed(frame: str, text: str, **attributes: str) -> str:
    """Return `text`, already harmless, within `frame`. An empty attribute is left out."""
    assert frame in FRAMES
    given = "".join(f' {name}="{one_line(value)}"' for name, value in attributes.items() if value)
    return f"<{frame}{given}>\n{text}\n</{frame}>"


def harmless(text: str) -> str:
    """Return `text` so that no tag in it is one of our frames."""
    return defused(text.strip())


def defused(text: str) -> str:
    """Return `text` as `harmless` does, with the space around it: in code that is part of it."""
    return _forged().sub("&lt;", text) if _ANY_BRACKET.search(text) else text


def one_line(text: str) -> str:
    """Return `text` as it may stand in an attribute, or in a line of a list."""
    return _UNQUOTABLE.sub(" ", text).strip()


@cache
def _forged() -> re.Pattern[str]:
    """Compiled at the first text with a bracket: it takes longer than all the rest of an adoption."""
    names = "|".join(_INVISIBLE.join(frame) for frame in FRAMES)
    return re.compile(rf"[{_BRACKETS}](?=[\s/{_INVISIBLE[1:-2]}]*(?:{names})(?!\w))", re.IGNORECASE)
