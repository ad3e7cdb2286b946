"""A persona that is put on, ready to be asked: its adoption, its tools, its memory, and the run it is worn in."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic_ai import Agent, NativeOutput, StructuredDict
from pydantic_ai.messages import ModelMessage

from personae.adopt.adoption import Adoption
from personae.adopt.compose import Prompt, Section
from personae.adopt.frames import framed, harmless
from personae.errors import PersonaeError
from personae.library.providers import EMBEDDED
from personae.library.substrate import TEAM_ANSWERS
from personae.memory.book import append_entries, read_book
from personae.memory.place import memory_path
from personae.memory.reflect import Ask, accept, ask_for_entries
from personae.run.agent import translated
from personae.run.durable import Durable
from personae.run.models.build import settings_for
from personae.run.modes.tables import computed_first, tables_of
from personae.run.node import NOBODY, Node, Outcome, node_from, node_of
from personae.run.perform import Performer, Talk
from personae.run.record import journal
from personae.run.record.journal import Entry
from personae.run.record.ledger import Account
from personae.run.trust import Trust, trust_of, trusted
from personae.tools.computed import asked_for, quoted
from personae.tools.granted import Granted, grant_of

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
    performer: Performer
    granted: Granted
    run: str
    """What it is worn in; the persona's caps for one run hold over all that is asked in it."""
    within: Account = NOBODY
    trust: Trust

    async def ask(
        self,
        text: str,
        *,
        path: str = "ask",
        history: Sequence[ModelMessage] = (),
        on_text: Callable[[str], None] | None = None,
    ) -> Outcome:
        """Return the answer to `text`, under the adoption's limits; `path` names it in the run.

        Raises the error of an outcome that is not done: `StoppedError`, `ModelError`.
        """
        prompt, granted = await self._computed(text, path)
        talk = Talk(history=history, on_text=on_text)
        outcome = await self.performer.perform(self.node(prompt, path=path, text=text), granted=granted, talk=talk)
        if not outcome.done:
            raise outcome.error_of()
        tables = await tables_of(self.performer.seam.record, self.run, path) if self._leans else ()
        return replace(outcome, text=quoted(outcome.text, tables)) if tables else outcome

    def node(self, prompt: Prompt, *, path: str, text: str = "") -> Node:
        """Return what is asked as the record knows it; `text` is the task alone."""
        node = node_of(self.adoption, run=self.run, path=path, within=self.within, per_run=self.run)
        return replace(node, system=prompt.system_text, user=prompt.user_text, task=text, guarded=self.trust.guarded)

    @property
    def _leans(self) -> bool:
        """Whether its answers are held to computed tables."""
        persona = self.adoption.persona
        return persona is not None and bool(set(persona.requires) & set(TEAM_ANSWERS))

    async def _computed(self, text: str, path: str) -> tuple[Prompt, Granted]:
        """Compute for a small model what the words of the task call for: it calls the wrong tool, or all."""
        prompt, tools = self._prompt(text), dict(self.granted.tools)
        names = [name for name in asked_for(text) if name in tools] if self._leans else []
        if not names or self.adoption.model.provider != EMBEDDED:
            return prompt, self.granted
        tables = await computed_first(self.performer.seam.record, self.run, path, {name: tools[name] for name in names})
        results = [_result(name, table) for name, table in tables.items()]
        prompt = replace(prompt, user=(*results, *prompt.user, _SENTENCES))
        rest = {name: tool for name, tool in tools.items() if name not in TEAM_ANSWERS}
        return prompt, replace(self.granted, tools=rest)

    def _prompt(self, text: str) -> Prompt:
        prompt = self.adoption.prompt
        if prompt.user and prompt.user[-1].name == "task" and text in prompt.user[-1].text:
            return prompt
        given = tuple(section for section in prompt.user if section.name != "task")
        turn = framed("task", harmless(text)) if given else text
        return replace(prompt, user=(*given, Section(name="turn", text=turn, because="said in the conversation")))

    async def reflect(self, happened: str, *, run: str, now: datetime) -> Reflection:
        """Propose what of `happened` is worth remembering, and keep what is new. It never raises for a bad answer."""
        root = self.performer.world.project.root
        try:
            path = memory_path(self.adoption.persona, root)
            known = [item.entry for item in self.adoption.recalled.entries]
            wanted = ask_for_entries(happened, known=known)
            output = await self._propose(wanted, path=f"reflect.{run}")
            accepted = accept(json.dumps(output), book=read_book(path), run=run, now=now)
            added = append_entries(path, accepted.drafts)
        except PersonaeError as error:
            return Reflection(fault=error.message)
        dropped = tuple(f"{item.text}: {item.because}" for item in accepted.dropped)
        return Reflection(kept=tuple(entry.text for entry in added), dropped=dropped)

    async def _propose(self, wanted: Ask, *, path: str) -> dict[str, Any]:
        prompt = Prompt(system=(_section(wanted.instructions),), user=(_section(wanted.prompt),))
        node, wanted = await self._as_begun(self.node(prompt, path=path), wanted)
        seam = Durable(node=node, seam=self.performer.seam)
        model = await self.performer.models.model(self.adoption.model)
        output = NativeOutput(StructuredDict(dict(wanted.schema), name="memories"))
        agent: Agent[object, dict[str, Any]] = Agent(
            model,
            instructions=wanted.instructions,
            output_type=output,
            capabilities=[seam],
            name=self.adoption.slug,
        )
        with translated(model.model_name):
            result = await agent.run(wanted.prompt, model_settings=settings_for(self.adoption.model))
        return result.output

    async def _as_begun(self, node: Node, wanted: Ask) -> tuple[Node, Ask]:
        """Return what was asked where this was begun before: memory may recall more by now, even what it gave."""
        record = self.performer.seam.record
        body = {**node.as_json(), _SCHEMA: wanted.schema}
        entry = Entry(run=self.run, key=node.key("start"), kind="start", body=body, at=record.at)
        begun = (await record.do(lambda transaction: journal.add(transaction, entry))).body
        schema = begun[_SCHEMA]
        node = node_from({name: value for name, value in begun.items() if name != _SCHEMA})
        return node, Ask(instructions=node.system, prompt=node.user, schema=schema)


_SCHEMA = "schema"
"""What the answer of a reflection must be like; kept beside its node, which does not know of it."""

_SENTENCES = Section(
    name="form",
    text="The tables above are shown by the program; do not repeat them. Write one sentence for each worker in them: "
    "its state, and the one thing to do next.",
    because="the tables are put in by code",
)


def _section(text: str) -> Section:
    return Section(name="reflection", text=text, because="what is worth remembering")


def _result(name: str, table: str) -> Section:
    return Section(name=name, text=framed("result", harmless(table), name=name), because="computed for the task")


async def put_on(adoption: Adoption, performer: Performer, *, run: str, within: Account = NOBODY) -> Wearing:
    """Return `adoption` ready to be asked in the run called so; its model is built here. Raises `ModelError`."""
    await performer.models.model(adoption.model)
    granted = performer.tools(grant_of(adoption))
    world, record = performer.world, performer.seam.record
    trust = trust_of(adoption, world, live={name: tool.declared for name, tool in performer.live.items()})
    trust = await trusted(trust, world.project, record, performer.approve)
    return Wearing(adoption=adoption, performer=performer, granted=granted, run=run, within=within, trust=trust)
