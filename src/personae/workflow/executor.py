"""Runs a plan: ready steps at once up to a bound, outputs passed along; a failed step stops only what waits for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol, TypeAlias

from personae.adopt.compose import Material, Prompt, Section, compose
from personae.errors import InvalidFileError, PersonaeError, StoppedError
from personae.library.registry import Snapshot
from personae.persona.model import Persona
from personae.run.agent import Answer
from personae.workflow.plan import Plan, Step, needs_of, persona_of, problems, references

__all__ = ["Answerer", "Beneath", "Event", "Outcome", "StepResult", "execute", "prompt_of"]

DEFAULT_AT_ONCE = 4

Status = Literal["done", "failed", "stopped", "not-run"]


Beneath: TypeAlias = Callable[[Persona], Sequence[Section]]
"""What stands beneath a persona's stance in its steps."""


class Answerer(Protocol):
    """Who answers a prompt for a persona: the seam between plans and models."""

    async def answer(self, persona: Persona, prompt: Prompt) -> tuple[Answer, str]:
        """Return the answer and why this model gave it. Raises `PersonaeError`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a step, as it happens."""

    step: Step
    persona: str
    what: Literal["started", "done", "failed", "stopped", "not-run"]
    detail: str = ""
    result: StepResult | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """How one step ended."""

    id: str
    persona: str
    status: Status
    because: str = ""
    """Why this persona and this model."""
    output: str = ""
    error: str = ""
    help: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a plan ended; what was done stands, whatever failed beside it."""

    plan: Plan
    results: tuple[StepResult, ...]
    """In the order of the plan."""

    @property
    def done(self) -> bool:
        """Whether every step was done."""
        return all(result.status == "done" for result in self.results)

    @property
    def text(self) -> str:
        """The result as Markdown: what the last steps answered, under their ids where there are several."""
        needed = {need for step in self.plan.steps for need in needs_of(step)}
        finals = [result for result in self.results if result.id not in needed and result.status == "done"]
        if len(finals) == 1:
            return finals[0].output
        return "\n\n".join(f"## {result.id}\n\n{result.output}" for result in finals)


def prompt_of(
    step: Step,
    persona: Persona,
    given: Sequence[Material],
    outputs: Mapping[str, str],
    *,
    beneath: Sequence[Section] = (),
) -> Prompt:
    """Return exactly what `persona` is sent for `step`.

    The outputs of its needs come framed before the task, and `$id.output` in the task points to them: what a model
    wrote is material, never part of an instruction. Given texts go to steps that need nothing, and to those whose task
    names them. `beneath` are the sections after the stance, such as the persona's opinions.
    """
    needs = needs_of(step)
    materials = [item for item in given if not needs or item.name in step.task]
    materials += [
        Material(name=need, text=outputs.get(need, f"[what {need} answers]"), frame="result") for need in needs
    ]
    task = step.task
    for need in references(task):
        task = task.replace(f"${need}.output", f'the result "{need}"')
    return compose(persona, task=task, materials=materials, beneath=beneath)


async def execute(
    plan: Plan,
    personas: Snapshot,
    answerer: Answerer,
    *,
    given: Sequence[Material] = (),
    beneath: Beneath = lambda persona: (),
    at_once: int = DEFAULT_AT_ONCE,
    on_event: Callable[[Event], None] = lambda event: None,
) -> Outcome:
    """Run every step of `plan`. Cancelling the task cancels every step and waits for them.

    Raises `InvalidFileError` before any model is asked when the plan cannot run with `personas`.
    """
    wrong = problems(plan, list(personas))
    if wrong:
        raise InvalidFileError(wrong)
    run = _Run(
        plan=plan,
        personas=personas,
        answerer=answerer,
        given=given,
        beneath=beneath,
        gate=asyncio.Semaphore(at_once),
        on_event=on_event,
    )
    async with asyncio.TaskGroup() as group:
        for step in plan.steps:
            run.tasks[step.id] = group.create_task(run.step(step), name=step.id)
    return Outcome(plan=plan, results=tuple(run.tasks[step.id].result() for step in plan.steps))


@dataclass(slots=True, kw_only=True)
class _Run:
    plan: Plan
    personas: Snapshot
    answerer: Answerer
    given: Sequence[Material]
    beneath: Beneath
    gate: asyncio.Semaphore
    on_event: Callable[[Event], None]
    tasks: dict[str, asyncio.Task[StepResult]] = field(default_factory=dict)

    async def step(self, step: Step) -> StepResult:
        slug, why = persona_of(step)
        # Every task of the plan exists before the first one runs, so a need may stand anywhere in the plan.
        needs = [await self.tasks[need] for need in needs_of(step)]
        missing = [need.id for need in needs if need.status != "done"]
        if missing:
            return self._ended(
                step, StepResult(id=step.id, persona=slug, status="not-run", error=f"it waits for {', '.join(missing)}")
            )
        outputs = {need.id: need.output for need in needs}
        persona = self.personas[slug]
        prompt = prompt_of(step, persona, self.given, outputs, beneath=self.beneath(persona))
        async with self.gate:
            self.on_event(Event(step=step, persona=slug, what="started"))
            return self._ended(step, await self._answer(step, slug, why, prompt))

    async def _answer(self, step: Step, slug: str, why: str, prompt: Prompt) -> StepResult:
        began = time.monotonic()
        result = StepResult(id=step.id, persona=slug, status="failed", because=f"{slug}: {why}")
        try:
            async with asyncio.timeout(step.timeout_s):
                answer, because = await self.answerer.answer(self.personas[slug], prompt)
        except TimeoutError:
            error, help = f"no answer within {step.timeout_s:g} s", "Raise the step's timeout."
            result = replace(result, status="stopped", error=error, help=help)
        except PersonaeError as failure:
            status: Status = "stopped" if isinstance(failure, StoppedError) else "failed"
            result = replace(result, status=status, error=failure.message, help=failure.help)
        else:
            result = replace(
                result,
                status="done",
                because=f"{result.because}; {because}",
                output=answer.text,
                input_tokens=answer.input_tokens,
                output_tokens=answer.output_tokens,
            )
        return replace(result, seconds=time.monotonic() - began)

    def _ended(self, step: Step, result: StepResult) -> StepResult:
        self.on_event(Event(step=step, persona=result.persona, what=result.status, detail=result.error, result=result))
        return result
