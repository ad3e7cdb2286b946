"""What became of an imported file, of each field and as a whole: values, and one that collects them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from personae.persona.model import Home, Persona

__all__ = ["Account", "Change", "Fate", "Imported", "Status"]

Fate = Literal["kept", "mapped", "narrowed", "dropped", "repaired"]
"""`kept`: word for word. `mapped`: the same in our words. `narrowed`: it may do less here. `dropped`: nothing here says
it, and nobody may do more for it. `repaired`: the file did not say it soundly."""
Status = Literal["imported", "refused", "left-alone"]

_LONGEST = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of one field of the file; all of it is reported, so that silence never hides a loss."""

    field: str
    """As the file spells it; empty is the file as a whole."""
    fate: Fate
    was: str = ""
    """Shortened."""
    now: str = ""
    """As the persona file has it; empty where nothing is left of it."""
    because: str = ""
    """Part of a sentence, without a full stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """One agent of one file: a persona, or the reason why there is none."""

    file: str
    """As the user named it, `/` between parts."""
    dialect: str
    """A host's id, or `cabinet`, or `persona` for files in a form of ours; empty when nobody's."""
    status: Status
    slug: str = ""
    persona: Persona | None = None
    text: str = ""
    """The persona file."""
    home: Home = Home.PERSONAS
    changes: tuple[Change, ...] = ()
    reason: str = ""
    """Why it was refused or left alone."""
    help: str = ""

    @property
    def is_repaired(self) -> bool:
        """Whether the file was unsound and read all the same."""
        return any(change.fate == "repaired" for change in self.changes)


@dataclass(slots=True)
class Account:
    """Collects the changes of one agent while it is converted."""

    changes: list[Change] = field(default_factory=list)

    def add(self, name: str, fate: Fate, was: object = "", now: object = "", because: str = "") -> None:
        """Note what became of the field `name`."""
        self.changes.append(Change(field=name, fate=fate, was=_short(was), now=_short(now), because=because))

    def kept(self, name: str, value: object) -> None:
        """Note that a field was taken over word for word."""
        self.add(name, "kept", value, value)

    def dropped(self, name: str, was: object, because: str) -> None:
        """Note that nothing is left of a field."""
        self.add(name, "dropped", was, "", because)


def _short(value: object) -> str:
    if isinstance(value, (tuple, list)):
        value = ", ".join(str(item) for item in value)
    text = " ".join(str(value).split())
    if not text.isprintable():  # a file of others must not speak to the terminal
        text = "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
