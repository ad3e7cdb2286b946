"""One persona on its way to one host: what is written so far, and what became of each field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

from personae.hosts.artifact import Artifact
from personae.hosts.ledger import OUTCOMES, Entry, Ledger, Outcome
from personae.hosts.outfit import Grant, Outfit
from personae.persona.dialects.table import HostTable
from personae.persona.model import Mode

__all__ = ["STAMP", "Draft", "Scope"]

Scope = Literal["project", "user"]

STAMP = "Made by personae"
"""In the first lines of every file of ours that can hold a comment."""

_SEVERITY: tuple[Outcome, ...] = ("exact", "dropped", "narrowed", "advisory", "widened")
assert set(_SEVERITY) == set(OUTCOMES)


@dataclass(slots=True, kw_only=True)
class Draft:
    """The holder that a host's module fills."""

    outfit: Outfit
    table: HostTable
    allowed: frozenset[str] = frozenset()
    """Fields that may be widened."""
    scope: Scope = "project"
    url: str = ""
    """Where the persona answers, for hosts that reach it over the network."""
    artifacts: list[Artifact] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    """Why nothing can be written at all, whatever is allowed."""

    @property
    def name(self) -> str:
        """What the host calls the persona: its slug, unless the host has an agent of that name."""
        return self.name_of(self.outfit.slug)

    def name_of(self, slug: str) -> str:
        """Return what the host calls the persona `slug`."""
        return f"{slug}-persona" if slug in self.table.reserved else slug

    def note(self, name: str, outcome: Outcome, reason: str) -> None:
        """Record what became of the field `name`; of two findings the worse counts."""
        before = self.entries.get(name)
        if before is None or _SEVERITY.index(outcome) > _SEVERITY.index(before.outcome):
            self.entries[name] = Entry(field=name, outcome=outcome, reason=reason)

    def allows(self, name: str) -> bool:
        """Whether the field `name` may be widened."""
        return name in self.allowed

    def grant(self, *modes: Mode) -> Grant:
        """Return the tools that hold in each of `modes` that the persona declares."""
        grants = [self.outfit.grants[mode] for mode in modes if self.outfit.declares(mode)]
        # Sub-agents may use what a parent may and more, so the shorter list is what all of these modes may.
        return min(grants, key=lambda grant: len(grant.words))

    def add(self, path: str, text: str, *, executable: bool = False) -> None:
        """Add a file; `path` is relative to the root of the scope."""
        slug = self.outfit.slug
        self.artifacts.append(Artifact(path=PurePosixPath(path), text=text, executable=executable, owner_slug=slug))

    def place(self, name: str, *, folders: tuple[str, str] | None = None) -> str:
        """Return where the host reads a file called `name`; `folders` are the project's and the user's."""
        project, user = folders or (self.table.folders[0], next(iter(self.table.user_folders), self.table.folders[0]))
        return f"{project if self.scope == 'project' else user.removeprefix('~/')}/{name}"

    @property
    def comments(self) -> Sequence[str]:
        """The lines on top of a file: whence it comes, and what it may beyond its persona."""
        wider = [entry.field for entry in self.ledger.entries if entry.is_loss_of_limit]
        lines = [f"{STAMP} from the persona {self.outfit.slug} ({self.outfit.digest}): change that, not this."]
        if wider:
            lines.append(f"WIDER than its persona in {', '.join(wider)}: allowed by --allow-widening.")
        return lines

    @property
    def ledger(self) -> Ledger:
        """What became of each field, so far."""
        return Ledger(persona=self.outfit.slug, host=self.table.id, entries=tuple(self.entries.values()))
