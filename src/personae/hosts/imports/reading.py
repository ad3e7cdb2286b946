"""Whose file is it, and what does it say? The host's own reader first, then repairs that no host makes. Total."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath

from personae.hosts.imports.cabinet import CABINET, is_cabinet
from personae.hosts.imports.salvage import attempts, normalized
from personae.persona.dialects import HOSTS, ForeignAgent, ReadAgent, detect, read_as, sniff
from personae.persona.dialects.assemble import Naming
from personae.persona.dialects.detect import naming_of
from personae.persona.dialects.markdown import read_markdown
from personae.persona.dialects.table import HostTable
from personae.persona.parse import home_of, parse

__all__ = ["DIALECTS", "OURS", "Read", "dialect_of", "read_foreign", "stem_of"]

OURS = "persona"
"""A file in a form of ours: `personas/<slug>.md` of seeds 002 and 003, or seed 004's as documented."""
DIALECTS: tuple[str, ...] = (*sorted(HOSTS), CABINET.id, OURS)
"""What `--from` takes."""

_NO_AGENT = "there is no agent in it"
_OPENED = re.compile(rb"\A(?:\xef\xbb\xbf)?---[ \t]*\r?\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The agents of one file, or why there are none."""

    agents: tuple[ForeignAgent, ...] = ()
    repairs: tuple[str, ...] = ()
    reason: str = ""
    help: str = ""
    left_alone: bool = False
    """It is no agent and does not claim to be one."""


def dialect_of(path: PurePath, data: bytes) -> str | None:
    """Return whose file lies at `path`, by its path and then by what it holds; None when it is nobody's."""
    home = home_of(path)
    if home is not None:
        if is_cabinet(path, data):
            return CABINET.id
        parsed = parse(data, file=path.name, home=home[0], slug=home[1])
        # A file in `personas/` that does not say what it is may be a tool's; whatever says so is ours, broken or not.
        if not any(item.rule == "missing-kind" for item in parsed.diagnostics):
            return OURS
    by_path = detect(path)
    if by_path is not None:
        return by_path.id
    by_text = sniff(path, data)
    if by_text is not None:
        return by_text.id
    return OURS if home is not None else None


def read_foreign(data: bytes, *, path: PurePath, host: str) -> Read:
    """Read `data` as `host` does, and where it gives the file up, as far as a repair carries."""
    data, repairs = normalized(data)
    first = _read(data, path, host)
    own = _own_repair(first)
    if first.agents and not own and not _is_lost(first):
        return Read(agents=first.agents, repairs=repairs)
    if any(item.rule.endswith("-runs-code") for item in first.diagnostics):
        return Read(reason="its frontmatter is a program", help="Write the frontmatter in YAML.")
    table = _table(host)
    if table.layout == "markdown":
        if not _OPENED.match(data):
            return Read(reason=f"{_NO_AGENT}: it does not begin with frontmatter", left_alone=True)
        for text, what in attempts(data.decode(), {key.name for key in table.keys}):
            found = _read(text.encode(), path, host)
            if found.agents and not _own_repair(found) and not _is_lost(found):
                return Read(agents=found.agents, repairs=(*repairs, *(own or (what,))))
    # The host's own repair makes a text of every value, numbers too, so it is the last that is taken.
    if first.agents and not _is_lost(first):
        return Read(agents=first.agents, repairs=(*repairs, *own))
    errors = [item for item in first.diagnostics if item.severity == "error"]
    if not errors:
        return Read(reason=_NO_AGENT, left_alone=True)
    worst = errors[0]
    return Read(reason=f"line {worst.line}: {worst.message}", help=worst.help)


def _table(host: str) -> HostTable:
    return CABINET if host == CABINET.id else HOSTS[host]


def _read(data: bytes, path: PurePath, host: str) -> ReadAgent:
    if host != CABINET.id:
        # A file that was named on the command line may lie anywhere: where its host looks for it is no matter here.
        return read_as(data, file=str(path), host=host)
    naming = Naming(stem=path.parent.name, folder=path.parent.name, below=path.parent.name)
    return read_markdown(data, file=str(path), table=CABINET, naming=naming)


def _is_lost(read: ReadAgent) -> bool:
    """Whether the host took the whole file for the prompt, so that no limit in it counts."""
    lost = ("-lost-frontmatter", "-no-frontmatter", "-runs-code")
    return any(item.rule.endswith(lost) for item in read.diagnostics)


def _own_repair(read: ReadAgent) -> tuple[str, ...]:
    found = (item for item in read.diagnostics if item.rule.endswith("-tolerant-frontmatter"))
    return tuple(f"{item.message.partition('; ')[0]} (line {item.line})" for item in found)


def stem_of(path: PurePath, host: str) -> str:
    """Return what the path calls the agent."""
    return path.parent.name if host == CABINET.id else naming_of(path, host).stem
