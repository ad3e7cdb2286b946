"""A host's model and effort in our words: a name that is known to name one model, or nothing."""

from __future__ import annotations

import re

from personae.hosts.imports.account import Account
from personae.library.providers import parse_model
from personae.persona.dialects import ForeignAgent
from personae.persona.model import EFFORTS, Effort

__all__ = ["effort_of", "model_of"]

_ALIASES = frozenset(["haiku", "sonnet", "opus", "fable"])
_INHERITS = frozenset(["inherit", "auto", "default", "null", "none", ""])
_EFFORTS: dict[str, Effort] = {"none": "low", "minimal": "low", "ultra": "max"}
_SUFFIX = re.compile(r"\s*\((?:copilot|preview)\)$", re.IGNORECASE)
_CURSOR_EFFORT = re.compile(r"(?P<model>[^\[\]]+)\[effort=(?P<effort>[a-z]+)\]")


def model_of(agent: ForeignAgent, account: Account) -> str | None:
    """Return the model that the agent names, None where it inherits or names none that is known."""
    if agent.model is None:
        return None
    written = agent.model.strip()
    bracketed = _CURSOR_EFFORT.fullmatch(written)
    name = _SUFFIX.sub("", bracketed["model"] if bracketed else written)
    if name.lower() in _INHERITS:
        account.add("model", "mapped", written, "absent", "absent inherits here")
        return None
    if name in _ALIASES:
        account.kept("model", name)
        return name
    spelled = re.sub(r"\s+", "-", name.lower()) if re.fullmatch(r"[A-Za-z0-9. -]+", name) else name
    found = parse_model(spelled)
    if not found.provider or any(character.isspace() for character in spelled):
        account.dropped("model", written, "it is no name of a model that is known here, so the model is inherited")
        return None
    ours = spelled if ":" not in spelled and "/" not in spelled else str(found)
    account.add("model", "kept" if ours == written else "mapped", written, ours)
    return ours


def effort_of(agent: ForeignAgent, account: Account) -> Effort | None:
    """Return the effort that the agent names, in our five words."""
    bracketed = _CURSOR_EFFORT.fullmatch((agent.model or "").strip())
    written = agent.effort if agent.effort is not None else bracketed["effort"] if bracketed else None
    if written is None:
        return None
    word = written.strip().lower()
    for effort in EFFORTS:
        if word == effort:
            account.kept("effort", effort)
            return effort
    if word in _EFFORTS:
        account.add("effort", "mapped", written, _EFFORTS[word], "the nearest of the five words here")
        return _EFFORTS[word]
    account.dropped("effort", written, "it is none of low, medium, high, xhigh, max")
    return None
