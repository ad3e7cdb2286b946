"""For tests, ours and our users': a model that answers as you say, a clock that you move, a record in a folder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, FunctionModel

from personae.adopt.world import World
from personae.library.project import Project
from personae.library.tiers import ModelBinding
from personae.run.answerer import ModelAnswerer
from personae.run.durable import Seam
from personae.run.perform import Performer
from personae.run.record.record import Record
from personae.run.record.sqlite import open_sqlite

__all__ = ["ManualClock", "Reply", "ScriptedModels", "record_in", "said", "scripted_performer"]

Reply: TypeAlias = Callable[[list[ModelMessage], AgentInfo], ModelResponse | Awaitable[ModelResponse]]
"""What a scripted model answers to a conversation."""


@dataclass(slots=True)
class ManualClock:
    """A clock that stands still until it is moved. Call it for the moment."""

    moment: datetime = field(default=datetime(2026, 11, 26, 12, tzinfo=UTC))

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.moment

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self.moment += by


class ScriptedModels(ModelAnswerer):
    """Answers for every persona by one function, at once and at no cost."""

    def __init__(self, project: Project, reply: Reply) -> None:
        super().__init__(project=project)
        self.reply = reply

    async def model(self, binding: ModelBinding) -> Model[Any]:
        """Return the scripted model, whatever `binding` names."""

        async def whole(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
            answer = self.reply(messages, info)
            return answer if isinstance(answer, ModelResponse) else await answer

        async def streamed(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str]:
            for part in (await whole(messages, info)).parts:
                assert isinstance(part, TextPart)
                yield part.content

        return FunctionModel(whole, stream_function=streamed, model_name="scripted")


def said(text: str) -> ModelResponse:
    """Return the answer `text`."""
    return ModelResponse(parts=[TextPart(text)])


def record_in(folder: Path, *, now: Callable[[], datetime] | None = None) -> Record:
    """Return the record in `folder`, made where it is not there yet."""
    database = open_sqlite(folder / "record.db")
    return Record(database=database) if now is None else Record(database=database, now=now)


def scripted_performer(world: World, reply: Reply, record: Record) -> Performer:
    """Return what performs nodes with a scripted model."""
    return Performer(world=world, models=ScriptedModels(world.project, reply), seam=Seam(record=record))
