"""`personae import` as a user meets it: what it writes, what it leaves alone, and what it says."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hosts_shell import HostsShell, open_shell
from import_samples import REVIEWERS

CLAUDE = "---\nname: {name}\ndescription: {about}\ntools: Read\n---\nYou are {name}.\n"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HostsShell:
    return open_shell(tmp_path, monkeypatch)


def agent(shell: HostsShell, name: str, about: str = "Does it.", *, file: str = "") -> None:
    shell.write(f".claude/agents/{file or name}.md", CLAUDE.format(name=name, about=about))


def test_agents_of_every_tool_become_personas_that_pass_the_check(shell: HostsShell) -> None:
    for dialect, (path, text) in REVIEWERS.items():
        slug = f"{dialect}-reviewer"
        named = text.replace("code-reviewer", slug).replace("code_reviewer", slug)
        shell.write(f"old/{path.replace('code-reviewer', slug)}", named)
    ran = shell("import", "old")
    assert (ran.code, ran.err) == (0, "16 can be imported, 16 written\n")
    assert shell("check", "personas", ".agents").code == 0


def test_the_report_says_what_became_of_each_field(shell: HostsShell) -> None:
    shell.write("old/.claude/agents/a.md", "---\nname: A B\ndescription: X.\ntools: Read, Zap\nhooks: {}\n---\nYou.\n")
    ran = shell("import", "old")
    assert (ran.code, ran.err) == (0, "1 can be imported, 1 written\n")
    assert ran.out.splitlines() == [
        "+ old/.claude/agents/a.md -> personas/a-b.md",
        "    mapped: name: A B -> a-b (a name here is a slug)",
        "    mapped: tools: Read, Zap -> read",
        "    narrowed: tools: Zap (it is no tool of Claude Code that is known, so nobody can say how far it reaches)",
        "    mapped: modes: absent -> modes: interactive, sub-agent (add loop or goal if it may go on by itself)",
        "    dropped: hooks: {} (a persona runs no commands of its own)",
    ]
    assert shell.read("personas/a-b.md") == (
        "---\nkind: persona\nname: a-b\ndisplayName: A B\ndescription: X.\ntools: [read]\n"
        "modes: [interactive, sub-agent]\n---\nYou.\n"
    )


def test_a_dry_run_writes_nothing_and_json_has_every_field(shell: HostsShell) -> None:
    agent(shell, "a")
    ran = shell("import", ".claude", "--dry-run", "--json")
    assert ran.code == 0
    (file,) = json.loads(ran.out)["files"]
    assert (file["status"], file["standing"], file["target"]) == ("imported", "new", "personas/a.md")
    assert {change["field"] for change in file["changes"]} == {"name", "description", "prompt", "tools", "modes"}
    assert not (shell.folder / "personas").exists()


def test_what_is_there_is_replaced_only_after_a_yes(shell: HostsShell) -> None:
    agent(shell, "a")
    mine = "---\nkind: persona\nname: a\n---\nMine.\n"
    shell.write("personas/a.md", mine)
    ran = shell("import", ".claude")
    assert (ran.code, shell.read("personas/a.md")) == (1, mine)
    assert "left as they are, since they differ: personas/a.md. --force replaces them." in ran.err
    assert shell("import", ".claude", "--force").code == 0
    assert "You are a." in shell.read("personas/a.md")
    again = shell("import", ".claude")
    assert (again.code, again.err) == (0, "1 can be imported, 0 written, 1 there already\n")


def test_two_agents_of_one_name_are_told_apart_and_only_the_first_is_taken(shell: HostsShell) -> None:
    agent(shell, "Code Reviewer", "One.", file="a")
    agent(shell, "code-reviewer", "Two.", file="b")
    ran = shell("import", ".claude")
    assert ran.code == 1
    assert "! .claude/agents/b.md: code-reviewer comes from .claude/agents/a.md already\n" in ran.out
    assert "description: One." in shell.read("personas/code-reviewer.md")


def test_a_name_that_differs_by_case_only_is_refused(shell: HostsShell) -> None:
    agent(shell, "reviewer")
    shell.write("personas/Reviewer.md", "not a persona\n")
    ran = shell("import", ".claude")
    assert ran.code == 1
    assert "personas/Reviewer.md is there, which is the same name on a disk that does not tell cases apart" in ran.out


def test_a_slug_that_lives_in_the_other_home_is_refused(shell: HostsShell) -> None:
    agent(shell, "a")
    shell.write(".agents/a/persona.md", "---\nname: A\nrole: A\ntype: lead\n---\nYou are A.\n")
    ran = shell("import", ".claude")
    assert (ran.code, "a is here already: .agents/a/persona.md" in ran.out) == (1, True)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_nothing_is_written_through_a_link(shell: HostsShell, tmp_path: Path) -> None:
    agent(shell, "a")
    outside = tmp_path / "outside"
    outside.mkdir()
    (shell.folder / "personas").symlink_to(outside)
    ran = shell("import", ".claude")
    assert (ran.code, list(outside.iterdir())) == (1, [])
    assert "personas is a link, and nothing is written through links" in ran.out


def test_a_folder_in_the_way_is_said(shell: HostsShell) -> None:
    agent(shell, "a")
    shell.write("personas", "a file\n")
    assert "personas is a file where a folder is needed" in shell("import", ".claude").out


def test_whom_an_agent_may_call_are_slugs_that_are_here(shell: HostsShell) -> None:
    shell.write(
        ".github/agents/lead.agent.md",
        "---\ndescription: X.\ntools: [agent]\nagents: [QA Person, Nobody, writer]\n---\nYou.\n",
    )
    shell.write(".github/agents/qa.agent.md", "---\nname: QA Person\ndescription: Y.\n---\nYou.\n")
    ran = shell("import", ".github")
    assert ran.code == 0
    assert 'tools: ["agent(qa, writer)"]' in shell.read("personas/lead.md")
    assert "narrowed: tools: agent(nobody) (there is no persona of that name)" in ran.out
    assert shell("check").code == 0


def test_another_project_may_be_the_target(shell: HostsShell) -> None:
    agent(shell, "a")
    (shell.folder / "other").mkdir()
    assert shell("import", ".claude", "--to", "other", "--home", "agents").code == 0
    assert shell.read("other/.agents/a/persona.md").startswith("---\nname: A\nrole: A\ntype: specialist\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("import",), "Missing argument"),
        (("import", "nowhere"), "Error: there is no file or folder nowhere\n  Check the spelling.\n"),
        (("import", ".", "--from", "emacs"), "'emacs' is not one of"),
        (("import", "."), "Error: there is no agent in what was named\n"),
    ],
)
def test_wrong_use_exits_2(shell: HostsShell, arguments: tuple[str, ...], message: str) -> None:
    ran = shell(*arguments)
    assert (ran.code, message in ran.err) == (2, True)


def test_pages_beside_agents_are_left_alone(shell: HostsShell) -> None:
    agent(shell, "a")
    shell.write(".claude/agents/README.md", "# Our agents\n")
    ran = shell("import", ".claude")
    assert (ran.code, ran.err) == (0, "1 can be imported, 1 written, 1 left alone\n")
    assert "README" not in ran.out
