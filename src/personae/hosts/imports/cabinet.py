"""Cabinet's persona files as its product ships them; the documented form (seed 004) is ours. Facts of version 0.4.4."""

from __future__ import annotations

import re
from datetime import date
from pathlib import PurePath

from personae.persona.dialects.table import HostTable, Key
from personae.persona.model import Home
from personae.persona.parse import home_of

__all__ = ["CABINET", "is_cabinet"]

CABINET = HostTable(
    id="cabinet",
    title="Cabinet",
    version="0.4.4",
    verified=date(2026, 7, 2),
    evidence="source",
    source="hilash/cabinet af97f72e: its reader of personas, its daemon and its 42 library personas",
    folders=(".agents",),
    suffix="persona.md",
    keys=(
        *(
            Key(name=name, kind="any", breaks=False)
            for name in (
                *("name", "slug", "displayName", "role", "type", "department", "provider", "adapterType"),
                *("adapterConfig", "heartbeat", "heartbeatEnabled", "budget", "active", "workdir", "workspace"),
                *("focus", "tags", "emoji", "goals", "channels", "skills", "recommendedSkills", "canDispatch"),
                *("setupComplete", "iconKey", "color", "avatar", "avatarExt"),
            )
        ),
        # Documented by Cabinet and read by nobody there: a file may have them all the same.
        *(Key(name=name, kind="any", breaks=False) for name in ("model", "effort", "tools", "visibility", "order")),
    ),
    fault="skipped",
    fault_says="Cabinet shows no such agent",
    effort_key="effort",
    unset={"tools": "all", "heartbeat": "0 8 * * * once the file is saved there", "budget": "100 beats"},
)

_ONLY_THERE = re.compile(
    rb"^(?:heartbeat|heartbeatEnabled|provider|adapterType|adapterConfig|department|workdir|workspace|channels|focus|goals"
    rb"|active|setupComplete|recommendedSkills|iconKey)[ \t]*:",
    re.MULTILINE,
)
_DOCUMENTED = re.compile(rb"^heartbeats[ \t]*:", re.MULTILINE)


def is_cabinet(path: PurePath, data: bytes) -> bool:
    """Whether the persona file at `path` is of the form that Cabinet ships, and not of the one it documents."""
    home = home_of(path)
    if home is None or home[0] is not Home.AGENTS:
        return False
    head = data[: 1 << 16].partition(b"\n---")[0]
    return _ONLY_THERE.search(head) is not None and _DOCUMENTED.search(head) is None
