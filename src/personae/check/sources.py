"""The lines of the files that findings are about, read again when something is printed or repaired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from personae.errors import StorageError
from personae.persona.store import read_bytes

__all__ = ["Sources"]


class Sources:
    """Files as findings name them: relative to one folder, or where `places` says a name leads."""

    def __init__(self, base: Path, places: Mapping[str, str]) -> None:
        self._base, self._places = base, places
        self.data = lru_cache(maxsize=256)(self._data)

    def path(self, file: str) -> Path:
        """Return where `file` is."""
        return Path(self._places.get(file, self._base / file))

    def lines(self, file: str) -> Sequence[str] | None:
        """Return the lines of `file` without their ends, or None when it cannot be read."""
        data = self.data(file)
        if data is None:
            return None
        text = data.decode("utf-8", "replace").removeprefix("\ufeff")
        return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def _data(self, file: str) -> bytes | None:
        try:
            return read_bytes(self.path(file))
        except StorageError:
            return None
