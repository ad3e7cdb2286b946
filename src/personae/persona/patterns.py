"""Regular expressions that are compiled when they are first used: one file needs few of them, a start pays for all."""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast

__all__ = ["lazy"]


def lazy(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return what `re.compile` does, later. A pattern that is wrong raises on its first use."""
    return cast("re.Pattern[AnyStr]", _Lazy(pattern, flags))


class _Lazy:
    """Stands for a compiled pattern; each of its methods is asked for once, and then is an attribute like any other."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self._pattern, self._flags = pattern, flags

    # `Any`: whatever a compiled pattern has.
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # a copy in the making, and nothing a pattern has
            raise AttributeError(name)
        compiled = self.__dict__.get("_compiled")
        if compiled is None:
            compiled = self._compiled = re.compile(self._pattern, self._flags)
        value = getattr(compiled, name)
        setattr(self, name, value)
        return value
