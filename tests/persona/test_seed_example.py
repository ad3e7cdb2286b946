"""The complete lead of seed 004, with every field and value, and its example of an error."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from personae.persona.model import Budget, Heartbeat, Home, Memory, Persona
from personae.persona.parse import Parsed, home_of, parse

SHARED = Path(__file__).parents[3] / "shared"
FILE = ".agents/gtm-lead/persona.md"

# Fields and values are the seed's; the prose is ours.
EXAMPLE = """\
---
name: GTM Lead
emoji: "🎯"
role: Launch strategy
type: lead
model: claude-opus-4-7
effort: high
canDispatch: true
visibility: cabinet
heartbeats:
  - cron: "0 9 * * 1"
    label: "Monday standup"
    prompt: "Read /marketing/launches/ and say what is new since the last working day."
  - cron: "0 17 * * 5"
    label: "Friday wrap"
    model: claude-sonnet-4-6
    prompt: "Write the checklist that the team needs on Monday."
skills: [competitor-brief, launch-checklist]
budget:
  daily:
    maxCostUsd: 10
---
You lead our launches.

## Where you work

Everything you make stays below /marketing/launches/<launch-slug>/.

- Ask for research with LAUNCH_TASK: a question and a date.
- Weekly posts go through SCHEDULE_JOB → Friday, 5pm.
"""


def read(text: str) -> Parsed:
    return parse(text.encode(), file=FILE, home=Home.AGENTS, slug="gtm-lead")


def test_the_complete_lead_loads_with_every_field() -> None:
    parsed = read(EXAMPLE)
    assert parsed.diagnostics == ()
    assert parsed.persona == Persona(
        name="gtm-lead",
        display_name="GTM Lead",
        emoji="🎯",
        role="Launch strategy",
        type="lead",
        model="claude-opus-4-7",
        effort="high",
        can_dispatch=True,
        visibility="cabinet",
        heartbeats=[
            Heartbeat(
                cron="0 9 * * 1",
                label="Monday standup",
                prompt="Read /marketing/launches/ and say what is new since the last working day.",
                model=None,
                effort=None,
                enabled=True,
            ),
            Heartbeat(
                cron="0 17 * * 5",
                label="Friday wrap",
                model="claude-sonnet-4-6",
                prompt="Write the checklist that the team needs on Monday.",
                effort=None,
                enabled=True,
            ),
        ],
        skills=["competitor-brief", "launch-checklist"],
        budget=Budget(daily_max_cost_usd=Decimal(10), per_run_max_cost_usd=None, per_run_max_tokens=None),
        system_prompt=EXAMPLE.split("---\n", 2)[2].rstrip(),
    )


def test_what_the_lead_leaves_out_has_its_default() -> None:
    persona = read(EXAMPLE).persona
    assert persona is not None
    assert persona.memory == Memory(path="memory.md", max_lines=2000)
    assert persona.tools is None
    assert persona.order is None
    assert persona.color is None
    assert persona.may_dispatch
    assert persona.max_steps == 20
    assert not persona.needs_temp_workspace
    assert persona.modes == ("interactive", "sub-agent", "loop", "goal")
    assert persona.source is not None
    assert (persona.source.file, persona.source.home, persona.source.layer) == (FILE, Home.AGENTS, "project")


def test_a_bad_cron_comes_out_in_the_shape_of_the_seed() -> None:
    parsed = read(EXAMPLE.replace("0 17 * * 5", "every monday"))
    assert parsed.persona is None
    (error,) = parsed.diagnostics
    assert str(error).split("\n") == [
        "Error: .agents/gtm-lead/persona.md:14:11",
        '  heartbeats[1].cron: invalid cron expression "every monday"',
        "  It has 2 fields, not 5. "
        'Use five fields, such as "0 9 * * 1" for Mondays at 09:00; crontab.guru explains them.',
    ]
    assert (error.rule, error.field, error.found) == ("invalid-cron", "heartbeats[1].cron", "every monday")
    assert error.expected == "five fields: minute hour day month weekday"


def test_the_minimal_persona_of_the_seed_loads() -> None:
    text = "---\nname: Inbox Triager\nrole: Email triage\ntype: specialist\n---\nYou tag new mail by urgency.\n"
    parsed = parse(text.encode(), file="x", home=Home.AGENTS, slug="inbox-triager")
    assert parsed.persona == Persona(
        name="inbox-triager",
        display_name="Inbox Triager",
        role="Email triage",
        type="specialist",
        system_prompt="You tag new mail by urgency.",
    )
    assert not parsed.persona.may_dispatch


def seed_example() -> str:
    """The seed's own text: its page lost the indentation, which is put back by the keys that open a level."""
    page = (SHARED / "seeds" / "004_d15ffa7e02da489c.txt").read_text(encoding="utf-8")
    frontmatter, body = page.split("Example: a complete lead\n---\n")[1].split("\n---\n", 1)
    body = body.split("\nValidation\n")[0]
    lines, indent = [], 0
    for line in frontmatter.split("\n"):
        key = line.split(":")[0].removeprefix("- ")
        indent = 0 if key in ("heartbeats", "skills", "budget", "type", "model") and indent != 4 else indent
        indent = 0 if key in ("skills", "budget") else 2 if key in ("- cron", "daily") else indent
        lines.append(" " * (2 if line.startswith("- ") else indent) + line)
        indent = {"heartbeats": 2, "cron": 4, "budget": 2, "daily": 4}.get(key, indent)
    return "---\n" + "\n".join(lines) + "\n---\n" + body


@pytest.mark.skipif(not (SHARED / "seeds").is_dir(), reason="the seeds are not beside this checkout")
def test_the_seeds_own_example_loads_with_the_same_fields() -> None:
    parsed, ours = read(seed_example()), read(EXAMPLE).persona
    assert parsed.diagnostics == ()
    theirs = parsed.persona
    assert theirs is not None
    assert ours is not None
    for field in ("display_name", "emoji", "role", "type", "model", "effort", "can_dispatch", "visibility", "skills"):
        assert getattr(theirs, field) == getattr(ours, field)
    assert theirs.budget == ours.budget
    assert [(beat.cron, beat.label, beat.model) for beat in theirs.heartbeats] == [
        (beat.cron, beat.label, beat.model) for beat in ours.heartbeats
    ]
    assert theirs.system_prompt is not None
    assert theirs.system_prompt.startswith("You are the GTM Lead.\n## Workspace\n")


@pytest.mark.skipif(not (SHARED / "corpus").is_dir(), reason="the corpus is not beside this checkout")
@pytest.mark.parametrize("home", Home)
def test_the_whole_corpus_is_read_without_an_exception(home: Home) -> None:
    files = [path for path in sorted((SHARED / "corpus").rglob("*")) if path.is_file()]
    assert len(files) > 900
    for path in files:
        parsed = parse(path.read_bytes(), file=path.as_posix(), home=home, slug=re.sub(r"[^a-z0-9]", "-", path.stem))
        for item in parsed.diagnostics:
            assert str(item)
            assert item.help or item.severity == "note"


def test_a_path_says_which_home_and_slug_a_file_has() -> None:
    assert home_of(Path("work/.agents/gtm-lead/persona.md")) == (Home.AGENTS, "gtm-lead")
    assert home_of(Path("work/personas/reviewer.md")) == (Home.PERSONAS, "reviewer")
    for other in ("persona.md", ".agents/persona.md", ".agents/a/b/persona.md", "personas/a/b.md", "personas/a.txt"):
        assert home_of(Path(other)) is None
