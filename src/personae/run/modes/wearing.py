"""A persona that is put on, ready to be asked: its adoption, its model, its tools, its memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic_ai import Agent, NativeOutput, StructuredDict
from pydantic_ai.messages import ModelMessage, ModelRequest, ToolReturnPart
from pydantic_ai.models import Model

from personae.adopt.adoption import Adoption
from personae.adopt.compose import Prompt, Section
from personae.adopt.frames import framed, harmless
from personae.adopt.world import World
from personae.errors import PersonaeError
from personae.library.providers import EMBEDDED
from personae.library.substrate import TEAM_ANSWERS
from personae.memory.book import append_entries, read_book
from personae.memory.place import memory_path
from personae.memory.reflect import accept, ask_for_entries
from personae.run.agent import Answer, Call, ask, translated
from personae.run.answerer import ModelAnswerer, refuse_caps
from personae.run.models.build import settings_for
from personae.tools.approve import Approve
from personae.tools.computed import asked_for, quoted
from personae.tools.granted import Granted, tools_of

__all__ = ["Reflection", "Wearing", "put_on"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reflection:
    """What a run left in memory."""

    kept: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    fault: str = ""
    """Why there was none; a run is not spoiled by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wearing:
    """One adoption with what it needs to run. It changes nothing by itself."""

    adoption: Adoption
    model: Model[Any]
    granted: Granted
    root: Path

    async def ask(
        self, text: str, *, history: Sequence[ModelMessage] = (), on_text: Callable[[str], None] | None = None
    ) -> Answer:
        """Return the answer to `text`, under the adoption's limits. Raises as `agent.ask` does."""
        adoption = self.adoption
        prompt = self._prompt(text)
        tools = dict(self.granted.tools)
        leans = adoption.persona is not None and bool(set(adoption.persona.requires) & set(TEAM_ANSWERS))
        computed = [name for name in asked_for(text) if name in tools] if leans else []
        tables: list[str] = []
        if computed and adoption.model.provider == EMBEDDED:
            # A small model calls the wrong tool, or all: what the words of the task call for is computed for it.
            tables = [str(tools[name]()) for name in computed]
            tools = {name: tool for name, tool in tools.items() if name not in TEAM_ANSWERS}
            results = [_result(name, table) for name, table in zip(computed, tables, strict=True)]
            prompt = replace(prompt, user=(*results, *prompt.user, _SENTENCES))
        call = Call(
            settings=settings_for(adoption.model),
            max_tokens=adoption.limits.budget.per_run_max_tokens,
            max_requests=adoption.limits.max_steps,
            tools=list(tools.values()),
            history=history,
            on_text=on_text,
        )
        answer = await ask(prompt, self.model, call)
        tables += _returned(answer.messages[len(history) :]) if leans else []
        return replace(answer, text=quoted(answer.text, tables)) if tables else answer

    def _prompt(self, text: str) -> Prompt:
        prompt = self.adoption.prompt
        if prompt.user and prompt.user[-1].name == "task" and text in prompt.user[-1].text:
            return prompt
        return replace(prompt, user=(Section(name="turn", text=text, because="said in the conversation"),))

    async def reflect(self, happened: str, *, run: str, now: datetime) -> Reflection:
        """Propose what of `happened` is worth remembering, and keep what is new. It never raises for a bad answer."""
        try:
            path = memory_path(self.adoption.persona, self.root)
            known = [item.entry for item in self.adoption.recalled.entries]
            wanted = ask_for_entries(happened, known=known)
            output = NativeOutput(StructuredDict(dict(wanted.schema), name="memories"))
            agent: Agent[object, dict[str, Any]] = Agent(
                self.model, instructions=wanted.instructions, output_type=output
            )
            with translated(self.model.model_name):
                result = await agent.run(wanted.prompt, model_settings=settings_for(self.adoption.model))
            accepted = accept(json.dumps(result.output), book=read_book(path), run=run, now=now)
            added = append_entries(path, accepted.drafts)
        except PersonaeError as error:
            return Reflection(fault=error.message)
        dropped = tuple(f"{item.text}: {item.because}" for item in accepted.dropped)
        return Reflection(kept=tuple(entry.text for entry in added), dropped=dropped)


_SENTENCES = Section(
    name="form",
    text="The tables above are shown by the program; do not repeat them. Write one sentence for each worker in them: "
    "its state, and the one thing to do next.",
    because="the tables are put in by code",
)


def _result(name: str, table: str) -> Section:
    return Section(name=name, text=framed("result", harmless(table), name=name), because="computed for the task")


def _returned(messages: Sequence[ModelMessage]) -> list[str]:
    """Return the computed answers that tools gave in `messages`."""
    parts = [part for message in messages if isinstance(message, ModelRequest) for part in message.parts]
    return [str(part.content) for part in parts if isinstance(part, ToolReturnPart) and part.tool_name in TEAM_ANSWERS]


async def put_on(
    adoption: Adoption, world: World, answerer: ModelAnswerer, *, approve: Approve | None = None
) -> Wearing:
    """Return `adoption` ready to be asked; its model is built here. Raises `ModelError`, `UsageError` for a cap.

    `approve` puts the questions of tools to a person; without it each answer is a no.
    """
    refuse_caps(adoption.slug, (adoption.limits.budget,), adoption.model)
    model = await answerer.model(adoption.model)
    granted = tools_of(adoption, world, approve=approve)
    return Wearing(adoption=adoption, model=model, granted=granted, root=world.project.root)
