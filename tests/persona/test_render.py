"""A persona written to a file reads back as an equal one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personae.persona import slug as slugs
from personae.persona.model import EFFORTS, MODES, TIERS, TYPES, VISIBILITIES, Budget, Heartbeat, Home, Memory, Persona
from personae.persona.parse import parse
from personae.persona.render import home_for, render, scalar

AWKWARD = [
    *("true", "No", "on", "null", "~", "None", "none", "y", "=", "<<", "-", "---", "...", "?", ":", "#", "''", '"'),
    *("5", "0x1F", "010", "1:30", "1e9", ".inf", "-.5", "2026-01-31", "2026-01-31 10:00:00", "1_000", "+1"),
    *("a: b", "a #b", "a#b", "- a", "? a", "[a]", "{a: b}", "&a", "*a", "!a", "|", ">", "%a", "@a", "`a`", "a:"),
    *(
        "it's",
        'say "x"',
        "back\\slash",
        "a\nb",
        "a\n\n  b",
        "tab\there",
        "nbsp\u00a0",
        "nel\x85x",
        "ls\u2028x",
        "\ufeffx",
    ),
    *(
        "日本語",
        "👩🏽‍🚀",
        "العربية",
        "\U000e0001tag",
        "\x7fdel",
        "\ufffe",
        "a, b",
        "agent(a, b)",
        "trailing:",
        "e.g. this",
    ),
]
CONTROL = "".join(map(chr, [*range(9), 11, 12, *range(13, 32)]))
PLAIN = st.characters(codec="utf-8", exclude_characters=CONTROL)
TEXTS = st.sampled_from(AWKWARD) | st.text(PLAIN, max_size=30)
LINES = TEXTS.map(lambda text: " ".join(text.split("\n")))
SLUGS = st.sampled_from(["a", "2026-01-31", "010", "true", "no", "1_0", "null", "gtm-lead"]) | st.from_regex(
    slugs.PATTERN, fullmatch=True
).filter(lambda text: slugs.problem(text) is None)
NAMES = st.sampled_from(["true", "010", "1.5", "null", "git", "Web.Search"]) | st.from_regex(
    r"[A-Za-z0-9][A-Za-z0-9_.-]{0,20}", fullmatch=True
)
TOOLS = st.sampled_from(["read", "mcp__github__*", "a.b", "agent", "null", "yes", "no"]) | st.builds(
    lambda name, targets: f"{name}({', '.join(targets)})",
    st.sampled_from(["agent", "delegate"]),
    st.lists(SLUGS, min_size=1, max_size=3),
)
MODELS = st.sampled_from(["claude-opus-5", "ollama/llama3.3:70b", "provider:model", "4.1", "true", "#x", "@x", "[x]"])
MONEY = st.decimals(0, 10_000, places=2) | st.sampled_from([Decimal("0"), Decimal("1E+3"), Decimal("0.000001")])
CRONS = st.sampled_from(["0 9 * * 1", "*/15 9-17 * * mon-fri", "* * * * *", "0 9  29 2 *"])


HEARTBEATS = st.builds(
    Heartbeat,
    cron=CRONS,
    prompt=TEXTS.filter(str.strip),
    label=st.none() | TEXTS,
    model=st.none() | MODELS,
    effort=st.none() | st.sampled_from(EFFORTS),
    enabled=st.booleans(),
)
BUDGETS = st.builds(
    Budget,
    daily_max_cost_usd=st.none() | MONEY,
    per_run_max_cost_usd=st.none() | MONEY,
    per_run_max_tokens=st.none() | st.integers(1, 10**15),
)
PATHS = st.sampled_from(["memory.md", "notes/2026-01-31.md", "010", "true", "a b.md", "#x.md", "日本語.md"])
COMMON: dict[str, st.SearchStrategy[Any]] = {
    "name": SLUGS,
    "display_name": st.none() | LINES,
    "type": st.sampled_from(TYPES),
    "description": st.none() | TEXTS,
    "model": st.none() | MODELS,
    "effort": st.none() | st.sampled_from(EFFORTS),
    "tier": st.none() | st.sampled_from(TIERS),
    "tools": st.none() | st.lists(TOOLS, max_size=4),
    "skills": st.lists(SLUGS, max_size=3),
    "requires": st.lists(NAMES, max_size=3),
    "opinions": st.lists(NAMES, max_size=3),
    "modes": st.lists(st.sampled_from(MODES), min_size=1, max_size=5),
    "triggers": st.lists(LINES.filter(str.strip), max_size=3),
    "max_steps": st.integers(1, 10**15),
    "needs_temp_workspace": st.booleans(),
    "can_dispatch": st.none() | st.booleans(),
    "visibility": st.sampled_from(VISIBILITIES),
    "heartbeats": st.lists(HEARTBEATS, max_size=3),
    "memory": st.builds(Memory, path=PATHS, max_lines=st.integers(1, 10**15)),
    "budget": BUDGETS,
    "emoji": st.sampled_from(["🤖", "🎯", "👩🏽‍🚀", ":)", "-", "5", "#", " x "]),
    "color": st.none() | st.sampled_from(["#3b82f6", "#FFF", "blue", "no", "off-white"]),
    "order": st.none() | st.integers(-(10**15), 10**15),
    "personas": st.lists(SLUGS, max_size=2),
}
BY_PROMPT: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"role": st.none() | LINES, "system_prompt": TEXTS.filter(str.strip), **COMMON}
)
BY_ROLE: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"role": LINES.filter(str.strip), "goal": TEXTS.filter(str.strip), "backstory": st.none() | TEXTS, **COMMON}
)


@st.composite
def personas(draw: st.DrawFn) -> Persona:
    arguments = draw(BY_PROMPT | BY_ROLE)
    enhances = [name for name in draw(st.lists(NAMES, max_size=3)) if name not in arguments["requires"]]
    return Persona(**arguments, enhances=enhances)


def read_back(text: str, persona: Persona, home: Home) -> Persona:
    parsed = parse(text.encode(), file="x.md", home=home, slug=persona.name)
    assert parsed.persona is not None, "\n".join(map(str, parsed.diagnostics))
    assert parsed.diagnostics == ()
    return parsed.persona


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(personas())
def test_every_persona_reads_back_as_an_equal_one(persona: Persona) -> None:
    for wish in Home:
        home = Home.PERSONAS if persona.role is None else wish
        text = render(persona, home=wish)
        back = read_back(text, persona, home)
        assert back == persona
        assert render(back, home=wish) == text
        assert render(back) == text
    assert read_back(render(persona), persona, home_for(persona)) == persona


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_a_scalar_is_the_same_text_to_every_reader(text: str) -> None:
    assert yaml.safe_load(scalar(text)) == text
    assert yaml.safe_load(f"{{a: [{scalar(text)}, x]}}") == {"a": [text, "x"]}
    assert "\n" not in scalar(text)


def test_defaults_are_left_out() -> None:
    assert render(Persona(name="reviewer", system_prompt="You review.")) == (
        "---\nkind: persona\nname: reviewer\n---\nYou review.\n"
    )


def test_a_persona_without_a_role_goes_to_the_home_that_wants_none() -> None:
    text = render(Persona(name="reviewer", display_name="Code reviewer", system_prompt="x"), home=Home.AGENTS)
    assert text == "---\nkind: persona\nname: reviewer\ndisplayName: Code reviewer\n---\nx\n"


def test_a_full_persona_is_written_the_way_a_person_would() -> None:
    persona = Persona(
        name="gtm-lead",
        display_name="GTM Lead",
        role="Launch: strategy",
        type="lead",
        description="Two\nlines.",
        model="claude-opus-5",
        effort="high",
        tier="T2",
        tools=["read", "github.search"],
        personas=["researcher", "writer"],
        skills=["competitor-brief"],
        requires=["git"],
        enhances=["web"],
        opinions=["style"],
        modes=["goal", "loop"],
        triggers=["launch"],
        max_steps=5,
        needs_temp_workspace=True,
        can_dispatch=False,
        visibility="all",
        heartbeats=[Heartbeat(cron="0 9 * * 1", prompt="Report: now.", label="Monday", enabled=False)],
        memory=Memory(path="notes/memory.md", max_lines=500),
        budget=Budget(daily_max_cost_usd=Decimal("2.50"), per_run_max_tokens=1000),
        emoji="🎯",
        color="#3b82f6",
        order=-1,
        system_prompt="You lead.",
    )
    assert (
        render(persona)
        == """\
---
name: GTM Lead
role: "Launch: strategy"
type: lead
description: "Two\\nlines."
model: claude-opus-5
effort: high
tier: T2
tools: [read, github.search, "agent(researcher, writer)"]
skills: [competitor-brief]
requires: [git]
enhances: [web]
opinions: [style]
modes: [loop, goal]
triggers: [launch]
maxSteps: 5
needsTempWorkspace: true
canDispatch: false
visibility: all
heartbeats:
  - cron: "0 9 * * 1"
    label: Monday
    prompt: "Report: now."
    enabled: false
memory:
  path: notes/memory.md
  maxLines: 500
budget:
  daily:
    maxCostUsd: 2.50
  perRun:
    maxTokens: 1000
emoji: "🎯"
color: "#3b82f6"
order: -1
---
You lead.
"""
    )
    assert read_back(render(persona), persona, Home.AGENTS) == persona
