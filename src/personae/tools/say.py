"""How tools answer a model: what they found in a frame, and a refusal as a sentence."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from personae.adopt.frames import defused, framed
from personae.tools.workspace import Refused

__all__ = ["count", "found", "refusing"]

_P = ParamSpec("_P")


def refusing(tool: Callable[_P, str]) -> Callable[_P, str]:
    """Return `tool` so that it raises nothing for what a model asked or a disk did."""

    @wraps(tool)
    def answering(*arguments: _P.args, **named: _P.kwargs) -> str:
        try:
            return tool(*arguments, **named)
        except Refused as refusal:
            return defused(str(refusal))
        except OSError as error:
            return f"It cannot be done: {(error.strerror or type(error).__name__).lower()}."

    return answering


def found(tool: str, text: str, **attributes: str) -> str:
    """Return what a tool found, which others wrote, so that it cannot pass for a word of ours."""
    return framed("tool", defused(text), name=tool, **attributes)


def count(number: int, thing: str) -> str:
    """Return `1 file`, `2 files`, `3 matches`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}{'es' if thing.endswith('ch') else 's'}"
