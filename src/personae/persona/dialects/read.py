"""One file of another tool, by each host that reads it. The way in; total."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Protocol

from personae.persona.dialects.agent import ReadAgent
from personae.persona.dialects.assemble import Naming
from personae.persona.dialects.crew import read_crew
from personae.persona.dialects.detect import Dialect, naming_of
from personae.persona.dialects.hosts import HOSTS
from personae.persona.dialects.markdown import read_markdown
from personae.persona.dialects.rolefile import read_role
from personae.persona.dialects.table import HostTable, Layout

__all__ = ["read_agent", "read_as"]


class _Reader(Protocol):
    def __call__(self, data: bytes, *, file: str, table: HostTable, naming: Naming) -> ReadAgent: ...


_READERS: Mapping[Layout, _Reader] = {"markdown": read_markdown, "toml": read_role, "yaml": read_crew}


def read_agent(data: bytes, *, file: str | PurePath, dialect: Dialect) -> ReadAgent:
    """Read `data` as every host of `dialect` would; the agent is the first host's, the findings are everybody's."""
    first, *others = (read_as(data, file=file, host=host) for host in dialect.hosts)
    if not others:
        return first
    diagnostics = [*first.diagnostics, *(item for other in others for item in other.diagnostics)]
    return replace(first, diagnostics=tuple(diagnostics))


def read_as(data: bytes, *, file: str | PurePath, host: str) -> ReadAgent:
    """Read `data` as one host would. `file` is how diagnostics name it; it also names the agent where it must."""
    table = HOSTS[host]
    path = file if isinstance(file, PurePath) else PurePath(file)
    return _READERS[table.layout](data, file=str(file), table=table, naming=naming_of(path, host))
