"""A few findings with the file they are about, shared by the tests of the outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from personae.errors import Diagnostic, Fix, Place

SCOUT = ".agents/scout/persona.md"
TEXT = """---
name: Scout
role: "Looks  ahead"
type: lead
can_dispatch: true
heartbeats:
  - cron: "0 9 * *"
    prompt: Look around.
---
You look ahead.
"""

CRON = Diagnostic(
    rule="invalid-cron",
    message='invalid cron expression "0 9 * *"',
    file=SCOUT,
    line=7,
    column=11,
    field="heartbeats[0].cron",
    found="0 9 * *",
    expected="five fields: minute hour day month weekday",
    help='It has 4 fields. Use five fields, such as "0 9 * * 1" for Mondays at 09:00; crontab.guru explains them.',
)
KEY = Diagnostic(
    rule="unknown-key",
    message="unknown key 'can_dispatch'",
    severity="warning",
    file=SCOUT,
    line=5,
    column=1,
    field="can_dispatch",
    found="can_dispatch",
    help="It is spelled canDispatch.",
    fix=Fix(file=SCOUT, line=5, text="canDispatch: true"),
)
TWIN = Diagnostic(
    rule="duplicate-slug",
    message="the slug 'scout' is also that of personas/scout.md",
    severity="note",
    file="personas/old scout.md",
    related=(Place(file="personas/scout.md", line=2, column=3, message="the first one"),),
)
SAMPLES = (CRON, KEY, TWIN)


def lines_of(texts: dict[str, str]) -> Callable[[str], Sequence[str] | None]:
    def sources(file: str) -> Sequence[str] | None:
        return texts[file].split("\n") if file in texts else None

    return sources


sources = lines_of({SCOUT: TEXT})
