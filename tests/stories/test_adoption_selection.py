"""Seed 002's selection policy, rule by rule, in a session that lives on disk."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from adoption_world import NOW, adopted, world_of

from personae.adopt.adoption import Adoption, Refusal
from personae.adopt.select import Route, Selection, route, select
from personae.adopt.session import Session, release, restore, wear
from personae.adopt.store import read_session, write_session
from personae.library.heads import head_of
from personae.library.project import Project, parse_project
from personae.persona.model import Persona

ENGINEER = Persona(name="engineer", system_prompt="You are the engineer.", triggers=["review", "build it"])
REVIEWER = Persona(
    name="reviewer", system_prompt="You are the reviewer.", triggers=["review", "find the bugs"], modes=["sub-agent"]
)
DESIGNER = Persona(name="designer", system_prompt="You are the designer.", triggers=["design question"])
WORLD = world_of(ENGINEER, REVIEWER, DESIGNER)


def project(text: str = '[workflow.review]\npersona = "reviewer"\n') -> Project:
    found, wrong = parse_project(text.encode(), root=Path("x"), file="personae.toml")
    assert found is not None, wrong
    return found


def chosen(name: str) -> Selection:
    return select(project(), mode="interactive", explicit=name)


def worn(session: Session, name: str) -> Session:
    return wear(session, adopted(name, "interactive", world=WORLD), chosen(name), now=NOW)


def test_explicit_beats_the_workflow_step_and_that_beats_detection() -> None:
    cue = Route(slug="designer", trigger="design question")
    first = select(project(), mode="sub-agent", explicit="engineer", step="review", detected=cue)
    assert (first.name, first.by) == ("engineer", "explicit")
    assert first.passed_over == ("reviewer ([workflow.review])", "designer (its trigger 'design question')")
    second = select(project(), mode="sub-agent", step="review", detected=cue)
    assert (second.name, second.by, second.because) == (
        "reviewer",
        "workflow-step",
        "[workflow.review] names it (personae.toml:2)",
    )
    assert second.passed_over == ("designer (its trigger 'design question')",)
    third = select(project(), mode="sub-agent", detected=cue)
    assert (third.name, third.by) == ("designer", "detection")
    assert third.because == "the task has its trigger 'design question'"


def test_the_project_file_alone_says_who_wears_a_step_and_triggers_never_do() -> None:
    none = select(project(""), mode="interactive", step="review")
    assert (none.name, none.by, none.because) == (
        None,
        "nothing",
        "personae.toml has no [workflow.review]: the brain alone",
    )
    assert none.help == 'Add [workflow.review] with persona = "…".'


def test_a_misspelled_step_comes_with_the_closest_one() -> None:
    assert select(project(), mode="interactive", step="reveiw").help == "Did you mean 'review'?"


def test_there_is_no_default_persona() -> None:
    nobody = select(project(), mode="interactive")
    assert (nobody.name, nobody.by) == (None, "nothing")
    assert nobody.because == "nobody was named, and there is no default persona: the brain alone"


def test_a_cue_never_swaps_the_stance_of_a_session() -> None:
    cue = Route(slug="designer", trigger="design question")
    kept = select(project(), mode="interactive", detected=cue)
    assert kept.name is None
    assert kept.passed_over == ("designer (its trigger 'design question'): a cue never swaps the stance of a session",)


def test_triggers_route_to_sub_agents_by_whole_words_the_longest_first() -> None:
    heads = [head_of(persona) for persona in (ENGINEER, REVIEWER, replace(DESIGNER, modes=["interactive"]))]
    found = route("Please Review this, find the bugs; a design question too; preview it", heads)
    assert found == (Route(slug="reviewer", trigger="find the bugs"), Route(slug="engineer", trigger="review"))
    assert route("previews", heads) == ()


def test_one_stance_is_worn_at_a_time_and_re_adopting_swaps_it() -> None:
    session = worn(worn(Session(), "engineer"), "designer")
    assert session.worn is not None
    assert session.worn.slug == "designer"
    assert [(change.what, change.slug, change.before) for change in session.changes] == [
        ("wore", "engineer", None),
        ("swapped", "designer", "engineer"),
    ]


def test_release_goes_back_to_the_brain_and_releasing_nothing_changes_nothing() -> None:
    session = release(worn(Session(), "engineer"), now=NOW)
    assert session.worn is None
    assert (session.changes[-1].what, session.changes[-1].slug) == ("released", "engineer")
    assert release(session, now=NOW) is session


def test_a_dispatched_sub_agent_never_disturbs_the_sessions_stance() -> None:
    session = worn(Session(), "engineer")
    step = select(project(), mode="sub-agent", step="review")
    assert step.name == "reviewer"
    assert wear(session, adopted("reviewer", "sub-agent", world=WORLD), step, now=NOW) is session


def test_every_selection_is_kept_with_its_rank_and_its_why() -> None:
    step = select(project('[workflow.work]\npersona = "engineer"\n'), mode="interactive", step="work")
    session = wear(Session(), adopted("engineer", "interactive", world=WORLD), step, now=NOW)
    assert session.worn is not None
    assert (session.worn.by, session.worn.because) == ("workflow-step", "[workflow.work] names it (personae.toml:2)")
    assert (session.changes[0].by, session.changes[0].because) == (session.worn.by, session.worn.because)


def test_the_stance_survives_a_restart(tmp_path: Path) -> None:
    assert read_session(tmp_path) == Session()
    session = worn(worn(Session(), "engineer"), "designer")
    write_session(tmp_path, session)
    again = read_session(tmp_path)
    assert again == session
    back = restore(again, world=WORLD)
    assert isinstance(back, Adoption)
    assert (back.slug, back.digest) == ("designer", session.worn.digest if session.worn else "")


def test_a_stance_whose_persona_is_gone_is_refused_at_the_restart_and_nothing_else_takes_its_place() -> None:
    gone = restore(worn(Session(), "designer"), world=world_of(ENGINEER))
    assert isinstance(gone, Refusal)
    assert gone.reason == "not-found"
    assert restore(Session(), world=WORLD) is None


def test_a_session_keeps_its_newest_changes_only() -> None:
    session = Session()
    for number in range(70):
        session = release(worn(session, "engineer"), now=NOW + timedelta(minutes=number))
    assert len(session.changes) == 100


@pytest.mark.parametrize(
    ("names", "step", "expected"),
    [
        (None, None, None),
        ("engineer", None, "engineer"),
        (None, "review", "reviewer"),
        ("engineer", "review", "engineer"),
    ],
)
def test_the_table_of_precedence(names: str | None, step: str | None, expected: str | None) -> None:
    assert select(project(), mode="interactive", explicit=names, step=step).name == expected
