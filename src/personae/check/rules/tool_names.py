"""Names of tools that are one slip away from a tool that exists, and no tool themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from personae.check.context import Context
from personae.check.rules.abilities import ability_of
from personae.check.subject import PERSONA, Subject
from personae.errors import Diagnostic
from personae.library.substrate import SHIPPED
from personae.persona.dialects.hosts import HOSTS

__all__ = ["is_one_slip", "misspelled_tool"]

_SHORTEST = 4


def misspelled_tool(subject: Subject, context: Context) -> Iterator[Diagnostic]:
    """Yield each listed tool that differs from an existing one by a single slip."""
    for field, tool in _listed(subject):
        name = tool.partition("(")[0]
        if len(name) < _SHORTEST or not name.isalnum() or ability_of(name) is not None:
            continue
        meant = _meant(name, subject.dialect)
        if meant:
            line, column = subject.place(field)
            yield Diagnostic(
                rule="misspelled-tool",
                severity="warning",
                message=f"there is no tool {name!r}, so the entry grants nothing",
                file=subject.file,
                line=line,
                column=column,
                field=field,
                found=name,
                help=f"Did you mean {meant}?",
            )


def _listed(subject: Subject) -> Iterator[tuple[str, str]]:
    tools: Iterable[str] = ()
    if subject.persona is not None:
        tools = subject.persona.tools or ()
    elif subject.agent is not None:
        tools = subject.agent.tools or ()
    for index, tool in enumerate(tools):
        yield f"tools[{index}]", tool


@lru_cache(maxsize=4096)
def _meant(name: str, dialect: str) -> str:
    known = SHIPPED if dialect == PERSONA else HOSTS[dialect].tools.known if dialect in HOSTS else frozenset()
    if name in known:
        return ""
    near = [tool for tool in known if len(tool) >= _SHORTEST and is_one_slip(name.lower(), tool.lower())]
    return near[0] if len(near) == 1 else ""


def is_one_slip(one: str, other: str) -> bool:
    """Whether two words differ by one letter that is wrong, missing, too many, or swapped with its neighbor."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    at = next((index for index, (left, right) in enumerate(zip(one, other, strict=False)) if left != right), None)
    if at is None:
        return True
    swapped = one[:at] + one[at + 1 : at + 2] + one[at] + one[at + 2 :]
    return other in (one[:at] + other[at] + one[at + 1 :], swapped) or (
        one[at + 1 :] == other[at:] or one[at:] == other[at + 1 :]
    )
