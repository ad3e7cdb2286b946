"""One reviewer in sixteen forms becomes the same persona, and in none of them may it do more than there."""

from __future__ import annotations

import pytest
from import_samples import REVIEWERS, imported, persona_of, said

from personae.hosts.imports.reading import DIALECTS
from personae.hosts.words import reach
from personae.persona.model import Home
from personae.persona.parse import parse

READS = {"list", "read", "glob", "grep"}
LEFT_BY_CURSOR = {"fetch", "web_search", "todo"}
LIMITED = sorted(REVIEWERS.keys() - {"goose", "cabinet", "crewai", "persona"})


def test_every_dialect_has_a_sample() -> None:
    assert set(REVIEWERS) == set(DIALECTS)


@pytest.mark.parametrize("dialect", REVIEWERS)
def test_a_file_is_known_by_its_place_and_becomes_a_sound_persona(dialect: str) -> None:
    item = imported(*REVIEWERS[dialect])
    assert (item.status, item.dialect) == ("imported", dialect)
    assert item.slug.replace("_", "-") == "code-reviewer"
    parsed = parse(item.text.encode(), file="x", home=item.home, slug=item.slug)
    assert (parsed.persona, parsed.diagnostics) == (item.persona, ())


@pytest.mark.parametrize("dialect", LIMITED)
def test_a_reviewer_that_only_reads_there_only_reads_here(dialect: str) -> None:
    persona = persona_of(*REVIEWERS[dialect])
    assert persona.tools is not None
    allowed = READS | LEFT_BY_CURSOR if dialect == "cursor" else READS
    assert READS - {"list"} <= set(persona.tools) <= allowed
    assert persona.description == "Reviews changes."
    assert persona.system_prompt == "You review."


@pytest.mark.parametrize("dialect", ["claude", "opencode", "gemini", "grok"])
def test_a_limit_of_turns_becomes_one_of_steps(dialect: str) -> None:
    assert persona_of(*REVIEWERS[dialect]).max_steps == 12


def test_an_agent_of_a_host_talks_or_is_called_and_never_goes_on_by_itself() -> None:
    assert persona_of(*REVIEWERS["claude"]).modes == ("interactive", "sub-agent")
    assert persona_of(*REVIEWERS["opencode"]).modes == ("sub-agent",)


def test_no_limit_at_all_is_said_and_leaves_the_project_s_defaults() -> None:
    item = imported(*REVIEWERS["goose"])
    assert item.persona is not None
    assert item.persona.tools is None
    (change,) = said(item, "tools")
    assert change.because == (
        "absent is all of the session's there; here it is the project's defaults ([defaults] tools), which may be all"
    )


def test_absent_is_none_where_the_host_gives_none() -> None:
    path, text = REVIEWERS["antigravity"]
    without = "\n".join(line for line in text.split("\n") if not line.startswith(("tools", "commandExec")))
    assert persona_of(path, without).tools == ()
    assert persona_of(*REVIEWERS["crewai"]).tools == ()


def test_a_crew_s_role_goal_and_backstory_stay_what_they_are() -> None:
    persona = persona_of(*REVIEWERS["crewai"])
    assert (persona.role, persona.goal, persona.backstory) == (
        "Reviewer of changes",
        "Find what is wrong in {topic}",
        "You read slowly.",
    )
    assert persona.system_prompt is None


def test_what_crewai_fills_in_is_pointed_out() -> None:
    (kept, placeholder) = said(imported(*REVIEWERS["crewai"]), "goal")
    assert (kept.because, placeholder.was) == ("", "{topic}")
    assert placeholder.because.startswith("CrewAI fills it in; here it stays as it is")


def test_a_hard_need_that_is_not_here_becomes_a_soft_one() -> None:
    item = imported(*REVIEWERS["persona"])
    assert item.persona is not None
    assert item.persona.requires == ("read",)
    assert item.persona.enhances == ("research", "queue_status")
    (change,) = said(item, "requires")
    assert (change.was, change.now) == ("queue_status", "enhances: queue_status")


def test_the_same_file_goes_into_agents_with_a_role_when_that_is_asked() -> None:
    item = imported(*REVIEWERS["claude"], home=Home.AGENTS)
    assert item.home is Home.AGENTS
    assert item.text.startswith("---\nname: Code Reviewer\nrole: Code Reviewer\ntype: specialist\n")


@pytest.mark.parametrize("dialect", REVIEWERS)
@pytest.mark.parametrize("home", Home)
def test_every_dialect_goes_into_either_home(dialect: str, home: Home) -> None:
    item = imported(*REVIEWERS[dialect], home=home)
    assert (item.status, item.home) == ("imported", home)


@pytest.mark.parametrize("dialect", sorted(set(REVIEWERS) - {"cabinet", "persona", "crewai"}))
def test_from_reads_a_file_that_lies_anywhere(dialect: str) -> None:
    path, text = REVIEWERS[dialect]
    item = imported("elsewhere/code-reviewer" + path[path.rindex(".") :], text, host=dialect)
    assert (item.status, item.dialect) == ("imported", dialect)
    assert item.persona is not None
    assert reach(item.persona.tools or ()) <= READS | LEFT_BY_CURSOR
