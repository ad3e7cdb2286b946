from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import rule_driver
from rule_driver import Agent, agent_subject, check_agent, write

from personae.check.context import Context
from personae.check.models import COMPLETE, MODELS, MODELS_DATE, PRICES, base_id, find_model
from personae.check.rules.beats import beats_per_day, cheapest_run_usd
from personae.check.rules.lookalikes import lookalike_description, telling_words
from personae.errors import Diagnostic
from personae.library.project import Project
from personae.library.providers import PROVIDERS
from personae.library.tiers import LADDER
from personae.persona.model import Budget, Heartbeat, Persona


@pytest.fixture(autouse=True)
def _nobody_elses_personas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def _check(
    root: Path, text: str, others: Mapping[str, str] | None = None, *, today: date = rule_driver.TODAY
) -> list[Diagnostic]:
    write(root, {"personae.toml": "", ".agents/watch/persona.md": text, **(others or {})})
    return rule_driver.check(root, today=today)


def _file(body: str, *lines: str) -> str:
    return "\n".join(["---", "name: Watch", "role: Uptime", "type: specialist", *lines, "---", body, ""])


@pytest.mark.parametrize(
    "text",
    [
        "You are a helpful assistant.",
        "You are an expert AI agent. Help the user with their tasks.",
        "You are the critic. Be accurate and concise, and do your best.",
        "TODO",
        "Write your instructions here.",
        "<your prompt here>",
        "<!-- the control group of our benchmark -->\nYou are a helpful assistant.",
    ],
)
def test_a_stance_that_says_nothing_is_reported(text: str) -> None:
    assert [item.rule for item in check_agent(Agent(prompt=text))] == ["hollow-stance"]


@pytest.mark.parametrize(
    "text",
    [
        "Answer in French.",
        "You are a helpful assistant. Cite a file and line for every claim.",
        "Du bist ein hilfreicher Assistent.",
        "You are a pirate.",
        "Be brief.",
        "TODO: list every TODO in the code with file and line.",
    ],
)
def test_a_short_stance_may_say_enough(text: str) -> None:
    assert check_agent(Agent(prompt=text)) == []


def test_a_heartbeat_that_its_budget_cannot_pay_is_reported(tmp_path: Path) -> None:
    text = _file(
        "Fetch the front page of the shop and say what you saw.",
        "model: claude-opus-5-5",
        "heartbeats:",
        '  - cron: "* * * * *"',
        "    prompt: Is the shop up?",
        "budget: {daily: {maxCostUsd: 0.50}}",
    )

    (item,) = _check(tmp_path, text)

    assert (item.rule, item.field, item.line) == ("unpayable-heartbeat", "heartbeats[0].cron", 7)
    assert item.message == (
        "it fires 1,440 times a day, at $0.0005 or more each on claude-opus-5-5: $0.67 against a daily cap of $0.50"
    )
    assert item.expected == "1077 a day or fewer"


@pytest.mark.parametrize(
    "line",
    ['  - {cron: "* * * * *", prompt: Up?, enabled: false}', '  - {cron: "*/10 9-17 * * 1-5", prompt: Up?}'],
)
def test_a_beat_that_is_off_or_rare_is_payable(tmp_path: Path, line: str) -> None:
    lines = ("model: claude-opus-5-5", "heartbeats:", line, "budget: {daily: {maxCostUsd: 0.50}}")

    assert _check(tmp_path, _file("Fetch the front page and say what you saw.", *lines)) == []


def test_a_local_model_costs_nothing(tmp_path: Path) -> None:
    lines = (
        "model: ollama/qwen3",
        "heartbeats:",
        '  - {cron: "* * * * *", prompt: Up?}',
        "budget: {daily: {maxCostUsd: 0}}",
    )

    assert _check(tmp_path, _file("Fetch the front page and say what you saw.", *lines)) == []


def test_a_cap_of_the_project_counts_where_the_persona_has_none(tmp_path: Path) -> None:
    toml = '[defaults]\nmodel = "gpt-6-astra"\n[defaults.budget.daily]\nmaxCostUsd = 0.1\n'
    lines = ("heartbeats:", '  - {cron: "*/5 * * * *", prompt: Up?}')

    found = _check(tmp_path, _file("Fetch the front page and say what you saw.", *lines), {"personae.toml": toml})

    assert [item.rule for item in found] == ["unpayable-heartbeat"]


@pytest.mark.parametrize(
    ("cron", "count"),
    [
        ("* * * * *", 1440),
        ("0 9 * * 1", 1),
        ("*/15 9-17 * * MON-FRI", 36),
        ("0,30 0/6 * * *", 8),
        ("5/20 * 1 JAN *", 72),
    ],
)
def test_beats_of_a_day_are_counted(cron: str, count: int) -> None:
    assert beats_per_day(cron) == count


def test_a_long_prompt_is_charged_at_the_cached_rate() -> None:
    beat = Heartbeat(cron="* * * * *", prompt="Go")
    short = Persona(name="watch", system_prompt="word " * 100, budget=Budget())
    long = replace(short, system_prompt="word " * 2000)

    assert cheapest_run_usd(short, beat, "claude-opus-4-8") == (101 * Decimal(5) + 20 * 25) / 1_000_000
    assert cheapest_run_usd(long, beat, "anthropic:claude-opus-4-8") == (2001 * Decimal("0.5") + 20 * 25) / 1_000_000
    assert cheapest_run_usd(short, beat, "mistral-large-latest") is None


def test_a_folder_that_visibility_hides_is_reported_where_it_exists(tmp_path: Path) -> None:
    body = (
        "You always work in /Marketing/launches/.\nNever open /finance/.\nRead notes/today.md first.\nRead /nowhere/."
    )
    others = {"Marketing/launches/a.md": "", "finance/b.md": "", ".agents/watch/notes/today.md": "", "notes/x.md": ""}

    (item,) = _check(tmp_path, _file(body, "visibility: folder"), others)

    assert (item.rule, item.line, item.column) == ("hidden-folder", 7, 21)
    assert item.message == (
        "the stance sends it to Marketing/launches/, and visibility: folder shows it .agents/watch/ only"
    )
    assert _check(tmp_path, _file(body)) == []


def test_a_retired_model_is_a_warning_and_one_that_will_be_soon_a_note(tmp_path: Path) -> None:
    text = _file("Fetch the front page and say what you saw.", "model: gpt-5-mini")

    def said(today: date) -> list[tuple[str, str]]:
        return [(item.severity, item.message) for item in _check(tmp_path, text, today=today)]

    assert said(date(2026, 9, 1)) == []
    assert said(date(2026, 11, 20)) == [("note", "gpt-5-mini will be retired on 2026-12-11")]
    assert said(date(2026, 12, 11)) == [("warning", "gpt-5-mini was retired on 2026-12-11")]


def test_an_unknown_model_names_the_closest(tmp_path: Path) -> None:
    def said(model: str) -> list[tuple[str, str]]:
        found = _check(tmp_path, _file("Fetch the front page and say what you saw.", f"model: {model}"))
        return [(item.message, item.help) for item in found if item.rule == "unknown-model"]

    assert said("claude-sonet-5-5") == [
        ("anthropic had no model 'claude-sonet-5-5' on 2026-11-20", "Did you mean claude-sonnet-5-5?")
    ]
    assert said("antropic:claude-opus-5-5") == [
        ("'antropic:claude-opus-5-5' names no provider that is known", "Did you mean anthropic:claude-opus-5-5?")
    ]
    # Those of seed 004, and what nobody can know.
    for known in ("claude-opus-4-7", "gpt-4.1", "gemini-2.5-pro", "ollama/llama-3.3-70b", "mistral:any-name", "opus"):
        assert said(known) == []


def test_the_model_table_knows_the_ladder_and_only_known_providers() -> None:
    assert all(model in MODELS for rungs in LADDER.values() for model in rungs.values())
    assert {facts.provider for facts in MODELS.values()} - {"embedded"} == set(COMPLETE) <= set(PROVIDERS)
    assert all(MODELS[facts.replacement].retired is None for facts in MODELS.values() if facts.replacement)
    assert set(PRICES) <= set(MODELS)
    assert date(2026, 1, 1) < MODELS_DATE


def test_snapshots_and_other_spellings_of_a_model_are_found() -> None:
    assert base_id("claude-sonnet-4-20250514") == "claude-sonnet-4"
    assert base_id("Claude-3.5-Sonnet-latest") == "claude-3-5-sonnet"
    assert base_id("gpt-5-2025-08-07") == "gpt-5"
    provider, known = find_model("anthropic/claude-haiku-4-5@20251001", MODELS)
    assert provider == "anthropic"
    assert known is MODELS["claude-haiku-4-5"]


def test_a_stance_that_cannot_fit_is_reported(tmp_path: Path) -> None:
    found = _check(tmp_path, _file("one two three four\n" * 3000, "model: embedded:smollm2-135m"))

    assert [(item.rule, item.message) for item in found] == [
        ("prompt-too-large", "the stance has 12,000 words, and embedded:smollm2-135m takes 8,192 tokens in all")
    ]


def _descriptions(*pairs: tuple[str, str], folder: str = "/p") -> list[str]:
    agents = [agent_subject(Agent(name=name, description=text), root=Path(folder)) for name, text in pairs]
    context = Context(project=Project(root=Path(folder)), today=rule_driver.TODAY)
    return [item.message for item in lookalike_description(agents, context)]


def test_descriptions_that_differ_in_filler_order_or_inflection_are_alike() -> None:
    assert _descriptions(
        ("a", "Expert in reviewing Python code for security defects."),
        ("b", "Reviews python code: security defect specialist"),
    ) == ["nobody can tell 'b' from 'a' by their descriptions"]
    assert _descriptions(("a", "Optimizes slow database queries"), ("b", "Optimises slow database queries")) == [
        "nobody can tell 'b' from 'a' by their descriptions"
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Reviews Python code for security", "Reviews Go code for security"),
        ("Writes unit tests for React", "Writes unit tests"),
        ("Reviews front-end security", "Reviews back-end security"),
        ("Expert C developer for firmware drivers", "Expert C++ developer for firmware drivers"),
        ("Deprecated: use bmad-build", "Deprecated: use bmad-build"),
        ("Helps", "Helps"),
    ],
)
def test_descriptions_that_differ_in_a_telling_word_are_not_alike(first: str, second: str) -> None:
    assert _descriptions(("a", first), ("b", second)) == []


def test_only_what_is_offered_side_by_side_is_compared(tmp_path: Path) -> None:
    here = agent_subject(Agent(name="a", description="Reviews SQL migrations"), root=tmp_path / "one")
    there = agent_subject(Agent(name="b", description="Reviews SQL migrations"), root=tmp_path / "two")
    context = Context(project=Project(root=tmp_path), today=rule_driver.TODAY)

    assert list(lookalike_description([here, there], context)) == []


def test_a_copy_of_a_built_in_persona_cannot_be_told_from_it(tmp_path: Path) -> None:
    text = "Finds the cause of a failure by experiment and proves it; leaves the repair to others. Use when a test, "
    text += "build, job or service fails and nobody knows why."

    (item,) = _check(tmp_path, _file("Find the cause.", f'description: "{text}"'))

    assert item.message == "nobody can tell 'watch' from 'troubleshooter' by their descriptions"


def test_telling_words_lose_what_every_description_has() -> None:
    assert telling_words("Expert agent that helps with reviewing the migrations") == {"review", "migr"}


def test_a_run_that_costs_more_than_its_cap_is_reported(tmp_path: Path) -> None:
    lines = ("model: gpt-5.5-pro", "heartbeats:", '  - {cron: "0 9 * * 1", prompt: Up?}')

    (item,) = _check(tmp_path, _file("word " * 2000, *lines, "budget: {perRun: {maxCostUsd: 0.01}}"))

    assert (item.rule, item.field) == ("unpayable-heartbeat", "heartbeats[0].prompt")
    assert item.message == "one firing costs $0.06 or more on gpt-5.5-pro, against a cap of $0.01 for a run"
