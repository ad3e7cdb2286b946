"""Plans conducted in this process with a scripted model, for tests of the workflow room."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, UserPromptPart
from pydantic_ai.models.function import AgentInfo

from personae.adopt.compose import Material
from personae.adopt.world import World
from personae.library.project import Project
from personae.library.registry import Snapshot
from personae.library.roster import SnapshotShelf
from personae.library.tiers import ModelOffer
from personae.persona.model import Persona
from personae.run.local import LocalEngine
from personae.run.node import NOBODY
from personae.run.record import journal
from personae.run.record.record import Record
from personae.testing import Reply, record_in, said, scripted_performer
from personae.workflow.conduct import Work, conduct
from personae.workflow.nodes import Setting
from personae.workflow.outcome import Event, PlanOutcome
from personae.workflow.plan import NO_VOICES, Plan, Step, Voices

RUN = "run-1"
OFFER = ModelOffer(embedded=True, embedded_model="smollm2-135m")
PERSONAS = (
    Persona(name="researcher", system_prompt="You are the researcher.", tools=["read", "glob"]),
    Persona(name="writer", system_prompt="You are the writer.", tools=[]),
    Persona(name="coordinator", system_prompt="You are the coordinator.", tools=["delegate(researcher)"]),
)


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return record_in(tmp_path)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "note.md").write_text("The pump runs.")
    return tmp_path / "project"


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it, nothing is written after it."""


def world_of(root: Path, personas: Sequence[Persona] = PERSONAS) -> World:
    root.mkdir(parents=True, exist_ok=True)
    return World(shelf=SnapshotShelf(Snapshot(personas)), project=Project(root=root), models=lambda wish: OFFER)


def asked(messages: Sequence[ModelMessage]) -> str:
    """What the user said first."""
    (prompt,) = [
        part for part in messages[0].parts if isinstance(messages[0], ModelRequest) and isinstance(part, UserPromptPart)
    ]
    return str(prompt.content)


def replies(text: Callable[[str], str]) -> Reply:
    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        return said(text(asked(messages)))

    return reply


def work_of(
    *steps: Step,
    record: Record,
    root: Path,
    reply: Reply,
    given: tuple[Material, ...] = (),
    voices: Voices = NO_VOICES,
    personas: Sequence[Persona] = PERSONAS,
    **options: Any,
) -> Work:
    world = world_of(root, personas)
    performer = scripted_performer(world, reply, record)
    setting = Setting(run=RUN, world=world, account=NOBODY, texts=given, voices=voices, tools=performer.tools)
    work = Work(
        plan=Plan(goal="Do it.", steps=steps),
        setting=setting,
        engine=LocalEngine(performer.perform, record),
        record=record,
        at_once=4,
    )
    return replace(work, **options)


def run(work: Work) -> PlanOutcome:
    return asyncio.run(conduct(work))


def keys(record: Record) -> list[str]:
    return [entry.key for entry in record.database.run(lambda transaction: journal.entries(transaction, RUN))]


def remembered(events: list[Event]) -> Mapping[str, Any]:
    return {"on_event": events.append}
