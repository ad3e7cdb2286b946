"""Skills: Agent Skills folders by the rules of their format, the project's before the user's."""

from __future__ import annotations

from pathlib import Path

import pytest

from personae.library.offers_store import find_skill
from personae.library.skills import SkillBinding, resolve_skills

GTM = Path(__file__).parents[2] / "examples" / "gtm"


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "personae"


def skill(folder: Path, slug: str, text: str) -> None:
    path = folder / ".agents" / "skills" / slug / "SKILL.md"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")


def resolve(root: Path, slug: str) -> SkillBinding:
    return resolve_skills([slug], find_skill(root))[0]


def test_the_skills_of_the_example_are_found_with_their_descriptions() -> None:
    found = resolve(GTM, "price-table")
    assert (found.reason, found.file) == ("available", ".agents/skills/price-table/SKILL.md")
    assert found.description == (
        "The columns and rules of a rivals' price table. Use whenever prices are written down or compared."
    )


def test_the_projects_skill_hides_the_users(tmp_path: Path, user: Path) -> None:
    skill(user, "tides", "---\nname: tides\ndescription: The user's.\n---\n")
    assert (resolve(tmp_path, "tides").layer, resolve(tmp_path, "tides").description) == ("user", "The user's.")
    skill(tmp_path, "tides", "---\nname: tides\ndescription: >\n  The project's,\n  folded.\nallowed-tools: [a]\n---\n")
    found = resolve(tmp_path, "tides")
    assert (found.layer, found.description) == ("project", "The project's, folded.")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\nname: other\ndescription: x\n---\n", "its name is 'other', not that of its folder"),
        ("---\ndescription: x\n---\n", "it has no name"),
        ("---\nname: tides\n---\n", "it has no description"),
        ("Just text.\n", "it has no name"),
        (
            f"---\nname: tides\ndescription: {'x' * 1025}\n---\n",
            "its description has 1,025 characters, at most 1,024 are allowed",
        ),
        ("---\nname: [\n---\n", ""),
    ],
)
def test_a_broken_skill_is_named_and_left_out(tmp_path: Path, text: str, message: str) -> None:
    skill(tmp_path, "tides", text)
    found = resolve(tmp_path, "tides")
    assert (found.reason, found.present) == ("unusable", False)
    assert found.because.startswith(f".agents/skills/tides/SKILL.md: {message}")


def test_a_skill_that_is_not_there_says_where_it_would_be(tmp_path: Path) -> None:
    assert resolve(tmp_path, "tides").because == "there is no .agents/skills/tides/SKILL.md"


def test_a_skill_linked_from_outside_the_project_is_not_read(tmp_path: Path) -> None:
    skill(tmp_path / "elsewhere", "tides", "---\nname: tides\ndescription: x\n---\n")
    root = tmp_path / "project"
    (root / ".agents" / "skills").mkdir(parents=True)
    (root / ".agents" / "skills" / "tides").symlink_to(tmp_path / "elsewhere" / ".agents" / "skills" / "tides")
    assert resolve(root, "tides").because == ".agents/skills/tides/SKILL.md: it leads out of the project"
