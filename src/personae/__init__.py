"""One persona file, checked once, worn everywhere.

The rooms, from the ground up; each imports only from those above it in this list:

    errors      what can go wrong, and a diagnostic
    persona     one file becomes one value
    library     many personas and what is on offer here
    adopt       the prompt a persona makes
    team        the planner persona's computed answers
    run         models and what they answer
    workflow    plans: made, checked, run
    cli         one module per command

Importing this package loads none of them: the names below are fetched on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from personae.errors import Diagnostic, PersonaeError
    from personae.library.library import Library, open_library
    from personae.library.registry import Registry, Snapshot
    from personae.persona.model import Budget, Heartbeat, Memory, Persona
    from personae.persona.parse import Parsed, parse
    from personae.persona.render import render

__version__ = "0.1.0"

__all__ = [
    "Budget",
    "Diagnostic",
    "Heartbeat",
    "Library",
    "Memory",
    "Parsed",
    "Persona",
    "PersonaeError",
    "Registry",
    "Snapshot",
    "__version__",
    "open_library",
    "parse",
    "render",
]

_HOMES = {
    "Budget": "personae.persona.model",
    "Diagnostic": "personae.errors",
    "Heartbeat": "personae.persona.model",
    "Library": "personae.library.library",
    "Memory": "personae.persona.model",
    "Parsed": "personae.persona.parse",
    "Persona": "personae.persona.model",
    "PersonaeError": "personae.errors",
    "Registry": "personae.library.registry",
    "Snapshot": "personae.library.registry",
    "open_library": "personae.library.library",
    "parse": "personae.persona.parse",
    "render": "personae.persona.render",
}


def __getattr__(name: str) -> object:
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module 'personae' has no attribute {name!r}") from None
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
