"""All recurring beats of a project as one table: those of the persona files, and the jobs that were approved."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from zoneinfo import ZoneInfo

from personae.errors import UnknownNameError
from personae.persona.model import Effort, Heartbeat, Persona
from personae.standing.calendar import derived_label, next_after

__all__ = ["Recurring", "find_recurring", "label_of", "recurring_of", "run_id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurring:
    """One heartbeat of one persona, or a job (`SCHEDULE_JOB`) that was approved. Persona and label name it."""

    persona: str
    label: str
    cron: str
    prompt: str
    model: str | None = None
    effort: Effort | None = None
    enabled: bool = True
    index: int = -1
    """Its place in `heartbeats` of the file; -1 for a job."""
    job: str = ""
    """The proposal that made it, by its id in the inbox; empty for one of the file."""
    cap_usd: str | None = None
    """What each run may cost at most, where a rule approved it."""
    line: tuple[str, ...] = ()
    """Who proposed what led to it."""

    @property
    def key(self) -> tuple[str, str]:
        """What names it."""
        return self.persona, self.label

    def next_after(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """Return when it fires next, in UTC."""
        return next_after(self.cron, moment, zone)


def recurring_of(personas: Iterable[Persona], jobs: Iterable[Recurring] = ()) -> Mapping[tuple[str, str], Recurring]:
    """Return every heartbeat by persona and label, also those that are switched off, and the jobs of who is here.

    A label that stands twice gets a number, in the order of the file.
    """
    known = list(personas)
    names = {persona.name for persona in known}
    own = (beat for persona in known for beat in _heartbeats(persona))
    found: dict[tuple[str, str], Recurring] = {}
    for one in chain(own, (job for job in jobs if job.persona in names)):
        named = replace(one, label=_free(one.label, one.persona, found))
        found[named.key] = named
    return found


def _heartbeats(persona: Persona) -> Iterator[Recurring]:
    for index, beat in enumerate(persona.heartbeats):
        yield Recurring(
            persona=persona.name,
            label=label_of(beat),
            cron=beat.cron,
            prompt=beat.prompt,
            model=beat.model,
            effort=beat.effort,
            enabled=beat.enabled,
            index=index,
        )


def label_of(beat: Heartbeat) -> str:
    """Return the label of `beat`, derived where it has none."""
    return " ".join((beat.label or derived_label(beat.cron)).split())


def find_recurring(all_of_them: Mapping[tuple[str, str], Recurring], persona: str, label: str) -> Recurring:
    """Return the heartbeat of `persona` called `label`, whatever its case. Raises `UnknownNameError`."""
    own = {one.label: one for one in all_of_them.values() if one.persona == persona}
    if label in own:
        return own[label]
    alike = [one for one in own.values() if one.label.casefold() == label.casefold() or one.job == label]
    if len(alike) == 1:
        return alike[0]
    raise UnknownNameError(f"heartbeat of {persona}", label, own)


def run_id(persona: str, label: str, due_s: int, zone: ZoneInfo) -> str:
    """Return the id of the run of one beat: the same whoever starts it, so that it is started once."""
    digest = hashlib.sha256(f"{persona}\x00{label}\x00{due_s}".encode()).hexdigest()[:6]
    return f"beat-{datetime.fromtimestamp(due_s, zone):%Y%m%d-%H%M}-{persona}-{digest}"


def _free(label: str, persona: str, taken: Mapping[tuple[str, str], Recurring]) -> str:
    return next(name for name in _numbered(label) if (persona, name) not in taken)


def _numbered(label: str) -> Iterator[str]:
    yield label
    number = 2
    while True:
        yield f"{label} ({number})"
        number += 1
