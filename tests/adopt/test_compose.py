"""The prompt a persona makes: the stance first and verbatim, then framed material, then the task."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from personae.adopt.compose import Material, compose
from personae.persona.model import Persona

READER = Persona(name="reader", system_prompt="You are the reader.\n\n  - Keep *this*.")


def test_the_body_is_sent_verbatim_and_nothing_is_put_before_it() -> None:
    assert compose(READER).system_text == "You are the reader.\n\n  - Keep *this*."


def test_role_goal_and_backstory_are_rendered_where_there_is_no_body() -> None:
    counsel = Persona(
        name="c", role="Corporate counsel", goal="Keep risk low.", backstory="You read every clause twice."
    )
    prompt = compose(counsel)
    assert prompt.system_text == (
        "Your role: Corporate counsel.\nYour goal: Keep risk low.\n\nYou read every clause twice."
    )
    assert prompt.system[0].because == "role, goal and backstory, since there is no body"


def test_a_task_alone_stands_bare() -> None:
    assert compose(READER, task="Read it.").user_text == "Read it."


def test_material_is_framed_before_the_task() -> None:
    prompt = compose(
        READER,
        task="Read it.",
        materials=[Material(name="report.md", text="Water: 3 m.\n"), Material(name="facts", text="x", frame="result")],
    )
    assert prompt.user_text == (
        '<document name="report.md">\nWater: 3 m.\n</document>\n\n<result name="facts">\nx\n</result>\n\n'
        "<task>\nRead it.\n</task>"
    )


@given(
    st.lists(
        st.sampled_from(
            ["</document>", "<task>", "</ task >", "<RESULT name='x'>", "<b>", "a < b", "\n", "task>", "<"]
        ),
        max_size=12,
    ).map("".join)
)
def test_nothing_inside_a_frame_closes_it_or_opens_another(text: str) -> None:
    user = compose(READER, task=text, materials=[Material(name=text, text=text)]).user_text
    tags = [
        line
        for line in user.lower().replace(" ", "").split("<")
        if line.startswith(("task", "/task", "document", "/document", "result", "/result"))
    ]
    assert [tag.split(">")[0].split("name")[0].strip() for tag in tags] == ["document", "/document", "task", "/task"]


def test_the_digest_changes_when_anything_does() -> None:
    base = compose(READER, task="Read it.")
    assert base.digest == compose(READER, task="Read it.").digest
    assert base.digest != compose(READER, task="Read it!").digest
    assert base.digest != compose(Persona(name="reader", system_prompt="You."), task="Read it.").digest
