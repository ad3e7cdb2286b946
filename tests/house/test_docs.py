"""What is documented is executed; what exists is documented."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

from personae.cli.app import COMMANDS
from personae.persona.model import Home
from personae.persona.parse import parse
from personae.workflow.plan import ROLES
from personae.workflow.planfile import parse_plan
from personae.workflow.problems import problems

ROOT = Path(__file__).parents[2]
# The examples of docs/rules.md are what rules find; tests/check runs them.
_DOCS = [page for page in sorted((ROOT / "docs").rglob("*.md")) if page.name != "rules.md"]
PAGES = [ROOT / "README.md", ROOT / "DEVELOPERS.md", *_DOCS]
_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"\bpersonae ([a-z][a-z-]*)")


def blocks(language: str) -> list[tuple[str, str, str]]:
    return [
        (
            f"{page.relative_to(ROOT)}:{page.read_text('utf-8')[: found.start()].count(chr(10)) + 1}",
            found["info"],
            found["text"],
        )
        for page in PAGES
        for found in _FENCE.finditer(page.read_text("utf-8"))
        if found["info"].split() and found["info"].split()[0] == language
    ]


@pytest.mark.parametrize(("place", "info", "text"), blocks("persona"), ids=lambda value: str(value)[:40])
def test_every_persona_in_the_docs_is_sound(place: str, info: str, text: str) -> None:
    home, _, slug = info.split()[1].partition("/")
    parsed = parse(text.encode(), file=place, home=Home(home), slug=slug)
    assert parsed.diagnostics == ()
    assert parsed.persona is not None


@pytest.mark.parametrize(("place", "info", "text"), blocks("python"), ids=lambda value: str(value)[:40])
def test_every_python_example_prints_what_it_says(place: str, info: str, text: str) -> None:
    expected = [line.partition("#> ")[2] for line in text.splitlines() if "#> " in line]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(text, place, "exec"), {})
    assert printed.getvalue().splitlines() == expected


@pytest.mark.parametrize(("place", "info", "text"), blocks("plan"), ids=lambda value: str(value)[:40])
def test_every_plan_in_the_docs_can_run(place: str, info: str, text: str) -> None:
    plan, found = parse_plan(text.encode(), file=place)
    assert found == []
    assert plan is not None
    assert problems(plan, [*ROLES.values()]) == []


def test_every_command_in_a_shell_example_exists() -> None:
    for place, _, text in blocks("sh"):
        for name in _COMMAND.findall(text):
            assert name in COMMANDS, f"{place}: personae {name}"


def test_every_decision_fits_a_page() -> None:
    for page in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        assert len(page.read_text("utf-8").split()) <= 700, page.name


def test_the_readme_names_every_room_of_the_source_in_developers() -> None:
    rooms = [path.name for path in (ROOT / "src" / "personae").iterdir() if (path / "__init__.py").exists()]
    text = (ROOT / "DEVELOPERS.md").read_text("utf-8")
    assert [room for room in rooms if f"`{room}/`" not in text] == []
