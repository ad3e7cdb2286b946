"""What each built-in tool does to the world and which legs of the trifecta it brings, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

__all__ = ["DECLARED", "SHELL_OUTSIDE", "Declared", "Effect", "Legs", "WayOut"]

Effect = Literal["none", "idempotent", "once"]
"""What a second call with the same arguments would add: nothing at all, nothing more, or a second effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """How data may leave this machine."""

    reviewed: bool
    """Whether a person sees what leaves before it does."""
    trusted: bool
    """Whether the destination is one that somebody vouched for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Legs:
    """The three legs. All of them in one agent are dangerous."""

    private: bool = False
    """It can read what is not public."""
    untrusted: Literal["no", "some", "yes"] = "no"
    """Whether others wrote what it returns: nobody, those who may change the project, or anybody."""
    way_out: WayOut | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What a tool says of itself."""

    effect: Effect
    legs: Legs


_READS = Declared(effect="none", legs=Legs(private=True, untrusted="some"))

DECLARED: Mapping[str, Declared] = MappingProxyType(
    {
        "list": _READS,
        "read": _READS,
        "glob": _READS,
        "grep": _READS,
        "write": Declared(effect="idempotent", legs=Legs()),
        # A second edit finds the new text, which may hold the old one: `a` to `aa`.
        "edit": Declared(effect="once", legs=Legs()),
        # As it runs by itself: in its sandbox, without a network.
        "shell": Declared(effect="once", legs=Legs(private=True, untrusted="some")),
        # GET is safe (RFC 9110 §9.2.1), but its address carries what the model wants to say, to whom it wants.
        "fetch": Declared(effect="none", legs=Legs(untrusted="yes", way_out=WayOut(reviewed=False, trusted=False))),
        "skill": Declared(effect="none", legs=Legs(untrusted="some")),
        "team_status": _READS,
        "team_standup": _READS,
        "team_ready": _READS,
        "team_merge_order": _READS,
        "team_graph": _READS,
    }
)

SHELL_OUTSIDE = Declared(
    effect="once", legs=Legs(private=True, untrusted="yes", way_out=WayOut(reviewed=True, trusted=False))
)
"""A command that a person allowed to run without a sandbox, or with a network."""
