from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personae.check import fixes
from personae.check.known_keys import keys_at
from personae.errors import Diagnostic
from personae.persona.dialects import detect, read_agent
from personae.persona.model import Home
from personae.persona.parse import parse

SCOUT = "personas/scout.md"
BASE = Path("/project")
HEAD = "---\nkind: persona\nname: scout\n"
BODY = "---\nYou look ahead.\n"


def findings_in(data: bytes, file: str) -> list[Diagnostic]:
    dialect = detect(BASE / file)
    if dialect is not None:
        return list(read_agent(data, file=file, dialect=dialect).diagnostics)
    return list(parse(data, file=file, home=Home.PERSONAS, slug="scout").diagnostics)


def fixed(text: str, file: str = SCOUT) -> str | None:
    """Return the repaired file, None when nothing was repaired."""
    data = text.encode()
    changes = fixes.plan(findings_in(data, file), read={file: data}.get, base=BASE)
    return changes[file].decode() if file in changes else None


@pytest.mark.parametrize(
    ("line", "repaired"),
    [
        ("can_dispatch: true", "canDispatch: true"),
        ('"max-steps": 3  # few', "maxSteps: 3  # few"),
        ("memory: {max_lines: 9}", "memory: {maxLines: 9}"),
        ("budget:\n  per_run:\n    maxTokens: 9", "budget:\n  perRun:\n    maxTokens: 9"),
        ('heartbeats:\n  - Cron: "0 9 * * 1"\n    prompt: x', 'heartbeats:\n  - cron: "0 9 * * 1"\n    prompt: x'),
        ("type: Lead", "type: lead"),
        ("modes: [Sub_Agent, goal]", "modes: [sub-agent, goal]"),
        ("tier: t3 # strong", "tier: T3 # strong"),
        ("tools: read, write", "tools: [read, write]"),
        ("tools: agent(a, b), read # two", 'tools: ["agent(a, b)", read] # two'),
        ('skills: "pdf"', "skills: [pdf]"),
        ("tools: [none]", "tools: none"),
        ('maxSteps: "20"', "maxSteps: 20"),
        ("needsTempWorkspace: 'true'", "needsTempWorkspace: true"),
        ("description: Use when: asked", 'description: "Use when: asked"'),
        ('description: Say "yes": always', "description: 'Say \"yes\": always'"),
        ("description: It's so: do", 'description: "It\'s so: do"'),
        ("alwaysLoad: false", "always_load: false"),
    ],
)
def test_a_repair_that_can_mean_one_thing_only_is_made(line: str, repaired: str) -> None:
    assert fixed(f"{HEAD}{line}\n{BODY}") == f"{HEAD}{repaired}\n{BODY}"


def test_a_persona_that_loads_itself_loses_that_line() -> None:
    assert fixed(f"{HEAD}always_load: true\nemoji: 🔭\n{BODY}") == f"{HEAD}emoji: 🔭\n{BODY}"


def test_a_byte_order_mark_is_removed_and_nothing_else() -> None:
    assert fixed(f"\ufeff{HEAD}{BODY}") == f"{HEAD}{BODY}"


def test_a_misspelled_kind_is_set_right() -> None:
    assert fixed(f"---\nkind: Persona\nname: scout\n{BODY}") == f"{HEAD}{BODY}"


@pytest.mark.parametrize(
    "line",
    [
        "promt: x",  # near, and not the same word
        "efort: high",
        "effort: hihg",
        "tools: read write",  # two tools, or one with a space
        "triggers: code review",
        "maxSteps: many",
        "maxSteps: 3\nmax_steps: 4",  # which of the two counts?
        "description: Use when: asked # or not",
        "description: |\n  a\n b: c: d",
        "always_load:\n  - true",
        "tools: []",
        "model: 4",
    ],
)
def test_what_could_mean_two_things_is_left_to_a_person(line: str) -> None:
    text = f"{HEAD}{line}\n{BODY}"
    assert findings_in(text.encode(), SCOUT) or line == "tools: []"
    assert fixed(text) is None


@pytest.mark.parametrize(
    ("file", "line", "repaired"),
    [
        (".claude/agents/scout.md", "Model: opus", "model: opus"),
        (".claude/agents/scout.md", "permissionmode:\n  plan", "permissionMode:\n  plan"),
        (".gemini/agents/scout.md", "tools: read_file, glob", "tools: [read_file, glob]"),
        (".gemini/agents/scout.md", "maxTurns: 3", "max_turns: 3"),
        (".grok/agents/scout.md", "effort: 'HIGH'", "effort: 'high'"),
        (".opencode/agents/scout.md", "mode: Subagent", "mode: subagent"),
    ],
)
def test_files_of_other_tools_are_repaired_by_their_own_rules(file: str, line: str, repaired: str) -> None:
    head = "---\nname: scout\ndescription: Looks ahead\n"
    assert fixed(f"{head}{line}\n{BODY}", file) == f"{head}{repaired}\n{BODY}"


def test_a_colon_in_a_description_is_quoted_for_every_host_that_stumbles_over_it() -> None:
    text = "---\nname: scout\ndescription: Use when: asked\n---\nLook ahead.\n"
    for folder in (".claude/agents", ".grok/agents", ".gemini/agents", ".opencode/agents", ".qwen/agents"):
        file = f"{folder}/scout.md"
        if findings_in(text.encode(), file):
            assert fixed(text, file) == text.replace("Use when: asked", '"Use when: asked"'), folder


def test_codex_gets_a_toml_list() -> None:
    file = ".codex/agents/scout.toml"
    text = 'name = "scout"\ndescription = "d"\ndeveloper_instructions = "Look."\nnickname_candidates = "a, b"\n'
    assert fixed(text, file) == text.replace('"a, b"', '["a", "b"]')


def test_line_ends_stay_as_they_are() -> None:
    text = f"{HEAD}can_dispatch: true\n{BODY}".replace("\n", "\r\n")
    assert fixed(text) == text.replace("can_dispatch", "canDispatch")


def test_what_a_repair_brings_to_light_is_repaired_too() -> None:
    text = f"{HEAD}description: a: b\nrole: c: d\nmax_steps: 3\n{BODY}"
    assert fixed(text) == f'{HEAD}description: "a: b"\nrole: "c: d"\nmaxSteps: 3\n{BODY}'


def test_several_repairs_of_one_file_are_made_in_one_go() -> None:
    text = f"{HEAD}always_load: yes\ncan_dispatch: true\ntools: a, b\n{BODY}"
    assert fixed(text) == f"{HEAD}canDispatch: true\ntools: [a, b]\n{BODY}"


def test_lines_that_a_repair_brings_to_light_are_removed_from_below() -> None:
    assert fixed(f"{HEAD}always_load: true\nalways_load: a: b\n{BODY}") == f"{HEAD}{BODY}"


def test_what_moves_up_by_a_removed_line_is_repaired_all_the_same() -> None:
    assert fixed(f"{HEAD}always_load: true\nENHANCES: a, b\n{BODY}") == f"{HEAD}enhances: [a, b]\n{BODY}"


def test_what_is_not_asked_for_stays_as_it_is() -> None:
    data = f"{HEAD}can_dispatch: true\ntype: Lead\n{BODY}".encode()
    asked = [item for item in findings_in(data, SCOUT) if item.rule == "invalid-choice"]
    changes = fixes.plan(asked, read={SCOUT: data}.get, base=BASE)

    assert changes == {SCOUT: data.replace(b"Lead", b"lead")}


def test_the_diff_shows_what_would_change_and_hides_nothing() -> None:
    before = f"\ufeff{HEAD}can_dispatch: true\n{BODY}".encode()
    changes = fixes.plan(findings_in(before, SCOUT), read={SCOUT: before}.get, base=BASE)

    assert fixes.diff(changes, read={SCOUT: before}.get) == (
        "--- personas/scout.md\n"
        "+++ personas/scout.md\n"
        "@@ -1,6 +1,6 @@\n"
        "-<U+FEFF>---\n"
        "+---\n"
        " kind: persona\n"
        " name: scout\n"
        "-can_dispatch: true\n"
        "+canDispatch: true\n"
        " ---\n"
        " You look ahead."
    )


def test_a_file_that_went_away_is_left_out() -> None:
    found = findings_in(f"{HEAD}can_dispatch: true\n{BODY}".encode(), SCOUT)
    assert fixes.plan(found, read=lambda _: None, base=BASE) == {}


def test_a_finding_about_a_file_that_changed_meanwhile_repairs_nothing() -> None:
    found = findings_in(f"{HEAD}can_dispatch: true\n{BODY}".encode(), SCOUT)
    data = f"{HEAD}canDispatch: true\n{BODY}".encode()
    assert fixes.plan(found, read={SCOUT: data}.get, base=BASE) == {}


_LINES = st.lists(
    st.one_of(
        st.sampled_from(sorted(keys_at("persona"))).flatmap(
            lambda key: st.sampled_from([key, key.lower(), key.upper(), key.replace("M", "_m"), f"'{key}'"]).flatmap(
                lambda name: st.sampled_from(
                    ["true", "a, b", '"3"', "a: b", "[x]", "Lead", "{a: b}", "|", "", "0 9 * * *", "x # y"]
                ).map(lambda value: f"{name}: {value}")
            )
        ),
        st.text(st.characters(exclude_characters="\r\n"), max_size=12),
    ),
    max_size=6,
)


@given(_LINES)
def test_repairing_is_total_makes_nothing_worse_and_comes_to_an_end(lines: list[str]) -> None:
    text = HEAD + "".join(f"{line}\n" for line in lines) + BODY
    data = text.encode("utf-8", "surrogatepass")
    found = findings_in(data, SCOUT)
    changes = fixes.plan(found, read={SCOUT: data}.get, base=BASE)

    after = changes.get(SCOUT, data)
    assert (after != data) == (SCOUT in changes)
    assert after.endswith(BODY.encode()) or not data.endswith(BODY.encode())
    again = fixes.plan(findings_in(after, SCOUT), read={SCOUT: after}.get, base=BASE)
    assert again == {}


@pytest.mark.parametrize("line", ["description: Use{}when: asked", "maxSteps: '2{}0'", "tools: 'a,{}b'"])
def test_a_long_run_of_blanks_is_no_reason_to_wait(line: str) -> None:
    # Patterns that tried the run from each of its blanks took minutes; this test would not end in time.
    long, short = (fixed(HEAD + line.format(" " * size) + f"\n{BODY}") for size in (60_000, 1))

    assert (long is None) == (short is None)
