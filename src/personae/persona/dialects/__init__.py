"""Agent files of other tools: whose they are, what they say, and what that tool does with them.

`hosts` holds one dated table per tool, which `compile` shares; `read_agent` reads a file by it.
"""

from __future__ import annotations

from personae.persona.dialects.agent import Fate, ForeignAgent, ReadAgent
from personae.persona.dialects.detect import Dialect, detect, sniff
from personae.persona.dialects.hosts import HOSTS
from personae.persona.dialects.read import read_agent, read_as
from personae.persona.dialects.table import HostTable, Key

__all__ = [
    "HOSTS",
    "Dialect",
    "Fate",
    "ForeignAgent",
    "HostTable",
    "Key",
    "ReadAgent",
    "detect",
    "read_agent",
    "read_as",
    "sniff",
]
