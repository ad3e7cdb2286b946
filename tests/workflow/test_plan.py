"""Plans as values and as files: what may run, and what is said about one that may not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from personae.workflow.plan import KINDS, ROLES, Plan, Reference, Retry, Step, needs_of, persona_of, references
from personae.workflow.planfile import as_json, parse_plan, plan_from, plan_schema, render_plan
from personae.workflow.problems import problems

PERSONAS = ["analyst", "coder", "coordinator", "researcher", "writer"]


def read(text: str) -> tuple[Plan | None, list[str]]:
    plan, found = parse_plan(text.encode(), file="plan.yaml")
    return plan, [str(item) for item in found]


def said(*steps: Step, goal: str = "Do it.") -> list[str]:
    found = problems(Plan(goal=goal, steps=steps), PERSONAS)
    return [f"{item.field}: {item.message} | {item.help}" for item in found]


def step(name: str, *needs: str, **fields: object) -> Step:
    return Step(id=name, task="Do it.", depends_on=needs, **{"persona": "writer", **fields})  # type: ignore[arg-type]


def test_every_kind_of_step_has_a_role() -> None:
    assert [ROLES[kind] for kind in KINDS] == ["researcher", "writer", "coder", "analyst", "coordinator"]


def test_a_steps_own_persona_beats_the_role_of_its_kind() -> None:
    assert persona_of(step("a", kind="code", persona="writer")) == ("writer", "named by the step")
    assert persona_of(step("a", kind="code", persona=None)) == ("coder", "the role for steps of kind code")


def test_a_reference_is_a_dependency() -> None:
    assert needs_of(Step(id="c", task="Join $a.output and $b.output.", depends_on=("b",))) == ("b", "a")


def test_a_sound_plan_has_no_problems() -> None:
    assert said(step("a"), step("b", "a"), step("c", "a", "b")) == []


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ((), "steps: the plan has no steps | Add at least one."),
        (
            (step("a", persona="wirter"),),
            "steps[0].persona: unknown persona 'wirter' | Did you mean 'writer'?",
        ),
        (
            (step("a", persona="legal"),),
            "steps[0].persona: unknown persona 'legal' | Known here: analyst, coder, coordinator, researcher, writer.",
        ),
        (
            (step("a", persona=None),),
            "steps[0].persona: nobody is named for the step | Add persona: SLUG, or kind: research | writing | code | "
            "analysis | coordination.",
        ),
        ((step("a", "facts"), step("fact")), "steps[0].depends_on: there is no step 'facts' | Did you mean 'fact'?"),
        ((step("a"), step("a")), "steps[1].id: the id 'a' is also that of steps[0] | Give every step its own."),
        ((step("A b"),), "steps[0].id: 'A b' is not an id | Use a-z, 0-9, - and _, such as extract-facts."),
        (
            (step("a", "c"), step("b", "a"), step("c", "b"), step("d")),
            "steps[0].depends_on: steps wait for each other: a -> c -> b -> a | Remove one of these dependencies.",
        ),
        (
            (step("a", "a"),),
            "steps[0].depends_on: steps wait for each other: a -> a | Remove one of these dependencies.",
        ),
    ],
)
def test_a_plan_that_cannot_run_is_told_why(steps: tuple[Step, ...], message: str) -> None:
    assert said(*steps) == [message]


def test_a_plan_of_too_many_steps_is_refused() -> None:
    assert said(*(step(f"s{number}") for number in range(51))) == [
        "steps: the plan has 51 steps, at most 50 are run | Split it into several plans."
    ]


def test_a_plan_file_is_read_with_every_field() -> None:
    plan, found = read(
        "goal: Write it\nsteps:\n  - {id: a, kind: research, task: Find it., timeout: 60}\n"
        "  - id: b\n    persona: writer\n    task: Write $a.output up.\n    depends_on: [a]\n"
    )
    assert found == []
    assert plan == Plan(
        goal="Write it",
        steps=(
            Step(id="a", kind="research", task="Find it.", timeout_s=60),
            Step(id="b", persona="writer", task="Write $a.output up.", depends_on=("a",)),
        ),
    )


def test_a_plan_may_be_json() -> None:
    plan, found = read('{"goal": "Write it", "steps": [\n\t{"id": "a", "persona": "writer", "task": "Write."}]}')
    assert (found, plan and plan.steps[0].id) == ([], "a")


def test_every_field_of_the_design_is_read_and_written() -> None:
    text = """\
goal: Write it.
gaps:
  - a printer
steps:
  - id: hand
    persona: coordinator
    action: DELEGATE_TASK
    args: {target_persona: researcher, action: fetch, args: {url: "https://example.org"}}
    needs_human: true
    timeout: 60
  - id: a
    kind: writing
    task: "Say what $hand.output costs, not $$hand.price."
    outputs: [what, cost]
    retry: {times: 2, backoff: 5}
    warm: true
  - id: b
    action: write
    args: {path: a.md, content: "$a.what", rate: 0.5, tags: [x, "$a.cost"]}
    retry: 3
"""
    plan, found = read(text)
    assert found == []
    assert plan is not None
    hand, a, b = plan.steps
    assert plan.gaps == ("a printer",)
    assert (hand.action, hand.needs_human, hand.timeout_s) == ("DELEGATE_TASK", True, 60)
    assert (a.outputs, a.retry, a.warm) == (("what", "cost"), Retry(times=2, backoff_s=5), True)
    assert b.args == {"path": "a.md", "content": "$a.what", "rate": 0.5, "tags": ["x", "$a.cost"]}
    assert (needs_of(a), needs_of(b)) == (("hand",), ("a",))
    assert references([a.task, b.args]) == (
        Reference("hand", "output"),
        Reference("a", "what"),
        Reference("a", "cost"),
    )
    assert problems(plan, [*PERSONAS, "coordinator"]) == []
    assert read(render_plan(plan)) == (plan, [])
    assert plan_from(as_json(plan)) == plan


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"task": ""}, "steps[0].task: the task is empty | Say what the step should do, or name an action."),
        ({"args": {"a": 1}}, "steps[0].args: args are of an action | Name the action, or remove."),
        (
            {"action": "shell", "args": {"command": "echo $b.output"}},
            "steps[0].action: what a step answered is never run: shell takes no references | Write the command out; "
            "let it read a file that a step before it wrote.",
        ),
        ({"action": "raed"}, "steps[0].action: there is no tool 'raed' here | Did you mean 'read'?"),
        ({"task": "See $b.cost."}, "steps[0].task: the step 'b' has no output 'cost' | It has $b.output, $b.note."),
        ({"task": "See $c.cost."}, "steps[0].task: there is no step 'c' | Steps here: a, b."),
        (
            {"outputs": ("output",)},
            "steps[0].outputs[0]: 'output' cannot name an output | Use a-z, 0-9 and _, beginning with a letter, such "
            "as total_cost; output is the whole.",
        ),
        ({"retry": Retry(times=11)}, "steps[0].retry: 11 retries cannot be | Give 0 to 10."),
        (
            {"action": "DELEGATE_TASK", "args": {"target_persona": "wirter", "action": "read"}},
            "steps[0].args: unknown persona 'wirter' | Did you mean 'writer'?",
        ),
        (
            {"action": "DELEGATE_TASK", "args": {"target_persona": "writer"}},
            "steps[0].args: DELEGATE_TASK needs a target_persona and an action | Write args: {target_persona: SLUG, "
            "action: TOOL, args: {}}.",
        ),
    ],
)
def test_a_step_that_cannot_be_honored_is_told_why(fields: dict[str, Any], message: str) -> None:
    first = replace(step("a"), **fields)
    plan = Plan(goal="Do it.", steps=(first, step("b", outputs=("note",))))
    found = problems(plan, PERSONAS, actions=["read", "shell"])
    assert message in [f"{item.field}: {item.message} | {item.help}" for item in found]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "",
            "Error: plan.yaml:1:1\n  the file is empty\n"
            "  Write goal: and steps:, or let one be made: personae plan GOAL.",
        ),
        (
            "- a\n",
            "Error: plan.yaml:1:1\n  expected a map, found a list\n  Write keys below it: goal, steps, gaps.",
        ),
        (
            "goal: g\nsteps:\n  - id: a\n    kind: writting\n    task: t\n",
            "Error: plan.yaml:4:11\n  steps[0].kind: 'writting' is not one of research, writing, code, analysis, "
            "coordination\n  Or name a persona instead.",
        ),
        (
            "goal: g\nsteps:\n  - id: a\n    tsak: t\n",
            "Error: plan.yaml:4:5\n  steps[0].tsak: unknown key 'tsak'\n  Did you mean task?",
        ),
    ],
)
def test_a_broken_plan_file_is_told_where(text: str, message: str) -> None:
    plan, found = read(text)
    assert plan is None
    assert found[0] == message


def test_problems_of_a_file_carry_its_lines() -> None:
    plan, _ = read("goal: g\nsteps:\n  - id: a\n    persona: wirter\n    task: t\n")
    assert plan is not None
    (found,) = problems(plan, PERSONAS, file="plan.yaml")
    assert (found.file, found.line, found.column) == ("plan.yaml", 4, 14)


TEXTS = st.text(min_size=1, max_size=40).filter(lambda text: text.strip() and text.isprintable())
STEPS = st.lists(
    st.builds(
        Step,
        id=st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True),
        task=TEXTS,
        kind=st.none() | st.sampled_from(KINDS),
        persona=st.none() | st.sampled_from(PERSONAS),
        depends_on=st.lists(st.from_regex(r"[a-z]{1,4}", fullmatch=True), max_size=3).map(tuple),
        timeout_s=st.none() | st.integers(1, 9999).map(float),
    ),
    max_size=5,
).map(tuple)


@given(st.builds(Plan, goal=TEXTS, steps=STEPS))
def test_a_plan_that_is_written_reads_back_equal(plan: Plan) -> None:
    again, found = parse_plan(render_plan(plan).encode(), file="plan.yaml")
    if plan.steps:
        assert (found, again) == ([], plan)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_make_a_plan_raise(data: bytes) -> None:
    plan, found = parse_plan(data, file="plan.yaml")
    assert (plan is None) == any(item.severity == "error" for item in found)


def test_the_schema_of_a_plan_accepts_what_we_write() -> None:
    plan = Plan(goal="g", steps=(step("a"), step("b", "a")))
    Draft202012Validator(plan_schema()).validate(as_json(plan))
