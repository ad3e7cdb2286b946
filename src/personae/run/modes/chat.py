"""A conversation that wears a stance: what a line of input means, and what follows from it. It prints nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic_ai.messages import ModelMessage

from personae.adopt.adopt import adopt, brain_alone
from personae.adopt.adoption import Adoption, Refusal
from personae.adopt.select import Selection, select
from personae.adopt.session import Session, release, restore, wear
from personae.adopt.world import World
from personae.run.modes.wearing import Reflection, Wearing, put_on
from personae.run.node import NOBODY, Outcome
from personae.run.perform import Performer
from personae.run.record.ledger import Account

__all__ = ["HELP", "Chat"]

HELP = """\
/wear NAME     put a persona on instead of what is worn
/step STEP     put on whoever [workflow.STEP] of personae.toml names
/release       take it off: the brain alone
/who           who is worn
/why           why that one, by which model, with which tools and memory
/history       what was worn in this project, newest last
/quit          end (so does Ctrl-D); Ctrl-C stops an answer"""


@dataclass(slots=True, kw_only=True)
class Chat:
    """One conversation: the stance worn now, and what was said. The stance is the session's; the words are its own."""

    performer: Performer
    run: str
    within: Account = NOBODY
    session: Session = field(default_factory=Session)
    said: list[tuple[str, str]] = field(default_factory=list)
    """Each question with its answer, for reflection."""
    selection: Selection | None = None
    """How the stance worn now was chosen in this conversation; None where it was worn before it began."""
    _history: Sequence[ModelMessage] = ()
    _wearing: Wearing | None = None
    _turns: int = 0

    async def begin(self, name: str | None) -> Adoption | Refusal | Selection:
        """Put on `name`, else what the session wears already, else nothing: the brain alone."""
        if name is not None:
            return await self.wear(name)
        found = restore(self.session, world=self.world)
        if isinstance(found, Refusal):
            return found
        return await self._put_on(found or brain_alone("interactive", world=self.world))

    async def wear(self, name: str | None = None, *, step: str | None = None) -> Adoption | Refusal | Selection:
        """Swap the stance for `name`, or for the one a workflow step names. What was said stays said.

        Returns the selection when it names nobody. A refusal leaves the stance as it is.
        """
        selection = select(self.world.project, mode="interactive", explicit=name, step=step)
        if selection.name is None:
            return selection
        found = adopt(selection.name, "interactive", world=self.world)
        if isinstance(found, Refusal):
            return found
        adoption = await self._put_on(found)
        self.session = wear(self.session, adoption, selection, now=self.now())
        self.selection = selection
        return adoption

    async def release(self) -> Adoption:
        """Take the stance off."""
        adoption = await self._put_on(brain_alone("interactive", world=self.world))
        self.session = release(self.session, now=self.now())
        self.selection = None
        return adoption

    async def say(self, text: str, *, on_text: Callable[[str], None]) -> Outcome:
        """Return the answer to `text`. When it is cancelled, neither question nor answer was said."""
        # Counted apart from what was said: a turn that was stopped is asked again under a name of its own.
        self._turns += 1
        path = f"turn.{self._turns}"
        answer = await self.wearing.ask(text, path=path, history=self._history, on_text=on_text)
        self._history = answer.messages
        self.said.append((text, answer.text))
        return answer

    async def end(self) -> Reflection | None:
        """Reflect on what was said, if anything was."""
        if not self.said:
            return None
        happened = "\n\n".join(f"Person: {question}\n\nAnswer: {answer}" for question, answer in self.said)
        return await self.wearing.reflect(happened, run=self.run, now=self.now())

    @property
    def world(self) -> World:
        """What adoptions read."""
        return self.performer.world

    def now(self) -> datetime:
        """Return the moment."""
        return self.performer.seam.record.now()

    @property
    def wearing(self) -> Wearing:
        """What is worn now, ready to be asked."""
        assert self._wearing is not None, "begin() comes first"
        return self._wearing

    async def _put_on(self, adoption: Adoption) -> Adoption:
        self._wearing = await put_on(adoption, self.performer, run=self.run, within=self.within)
        return adoption
