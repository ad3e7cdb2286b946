"""Runs the suites in `tests/cases/*.md`: a heading is a test, its blocks are a file and what is said about it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from personae.persona.model import Home
from personae.persona.parse import Parsed, parse

ROOT = Path(__file__).parents[2]
SUITES = sorted((ROOT / "tests" / "cases").glob("*.md"))
CASE = re.compile(
    r"^## (?P<title>.+)\n\n"
    r"(?P<fence>```+)persona (?P<home>agents|personas)/(?P<slug>.+)\n(?P<content>(?s:.*?))^(?P=fence)\n\n"
    r"```text\n(?P<said>(?s:.*?))^```\n",
    re.MULTILINE,
)

# Shown by other tests: Markdown cannot hold such files, or no file has what the rule is about.
ELSEWHERE = {
    "byte-order-mark": "test_hostile_files.py",
    "file-too-large": "test_hostile_files.py",
    "frontmatter-too-large": "test_hostile_files.py",
    "invalid-encoding": "test_hostile_files.py",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    suite: str
    title: str
    home: Home
    slug: str
    content: str
    said: str

    def parse(self) -> Parsed:
        file = f".agents/{self.slug}/persona.md" if self.home is Home.AGENTS else f"personas/{self.slug}.md"
        return parse(self.content.encode(), file=file, home=self.home, slug=self.slug)


def cases_in(suite: Path) -> list[Case]:
    found = CASE.finditer(suite.read_text(encoding="utf-8"))
    return [
        Case(
            suite=suite.stem,
            title=match["title"],
            home=Home(match["home"]),
            slug=match["slug"],
            content=match["content"],
            said=match["said"],
        )
        for match in found
    ]


CASES = [case for suite in SUITES for case in cases_in(suite)]


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.suite}: {case.title}") for case in CASES])
def test_the_file_is_answered_with_exactly_this_text(case: Case) -> None:
    parsed = case.parse()
    said = "\n".join(str(item) for item in parsed.diagnostics) or ("ok" if parsed.persona else "left alone")
    assert f"{said}\n" == case.said
    assert (parsed.persona is None) == (parsed.left_alone or any(i.severity == "error" for i in parsed.diagnostics))


def test_every_heading_is_a_case_and_every_title_is_its_own() -> None:
    headings = [line for suite in SUITES for line in re.findall(r"^## .+", suite.read_text("utf-8"), re.MULTILINE)]
    assert len(headings) == len(CASES)
    assert len({(case.suite, case.title) for case in CASES}) == len(CASES) > 100


def test_every_error_names_file_and_rule_and_a_way_out() -> None:
    for case in CASES:
        for item in case.parse().diagnostics:
            assert item.file
            assert re.fullmatch(r"[a-z]+(?:-[a-z]+)+", item.rule), item
            assert item.help or item.severity == "note", item
            assert 1 <= item.line <= case.content.count("\n") + 1
            assert item.column >= 1


def test_every_rule_has_a_case() -> None:
    shown = {item.rule for case in CASES for item in case.parse().diagnostics}
    assert rules_in_the_source() == shown | set(ELSEWHERE)


def rules_in_the_source() -> set[str]:
    """The ids that `persona/` can report: first arguments of its reporting functions, and `rule=`."""
    reporting = {"_diagnostic", "_broken", "report"}
    ids: set[str] = set()
    for module in (ROOT / "src" / "personae" / "persona").glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            given = [node.args[0]] if name in reporting and node.args else []
            given += [keyword.value for keyword in node.keywords if keyword.arg == "rule"]
            ids |= {item.value for item in given if isinstance(item, ast.Constant) and isinstance(item.value, str)}
    return ids
