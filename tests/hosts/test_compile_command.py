"""`personae compile` as a user meets it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hosts_shell import HostsShell, open_shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HostsShell:
    made = open_shell(tmp_path, monkeypatch)
    made.write("personae.toml", "")
    monkeypatch.delenv("PERSONAE_HOSTS", raising=False)
    return made


_SCOUT = "---\nkind: persona\nname: scout\ndescription: Looks.\nmodes: [sub-agent]\ntools: [read]\n---\nYou look.\n"


def test_without_out_the_file_is_printed_with_its_ledger_and_nothing_is_written(shell: HostsShell) -> None:
    shell.write("personas/scout.md", _SCOUT)
    ran = shell("compile", "--host", "claude")
    assert ran.code == 0
    assert ran.out.startswith("---\n# Made by personae from the persona scout (")
    assert ran.out.endswith('tools: "Read"\nmodel: "inherit"\nmaxTurns: 20\n---\nYou look.\n\n')
    assert ran.err.startswith(".claude/agents/scout.md:\nFIELD")
    assert "ON CLAUDE CODE" in ran.err
    assert shell.files() == {"personae.toml", "personas/scout.md"}


def test_with_out_files_are_written_and_listed(shell: HostsShell) -> None:
    shell.write("personas/scout.md", _SCOUT)
    ran = shell("compile", "--host", "claude,opencode", "--out", ".")
    assert (ran.code, ran.out) == (0, ".claude/agents/scout.md\n.opencode/agents/scout.md\n")
    assert "You look.\n" in (shell.folder / ".claude" / "agents" / "scout.md").read_text(encoding="utf-8")


def test_a_launcher_can_be_run(shell: HostsShell) -> None:
    shell.write("personas/scout.md", _SCOUT.replace("[read]", "[list, read, glob, grep]"))
    assert shell("compile", "--host", "codex", "--out", "there").code == 0
    path = shell.folder / "there" / ".codex" / "personae" / "scout.sh"
    assert os.access(path, os.X_OK)


def test_a_refusal_says_the_limit_the_reason_and_the_option_and_writes_nothing_for_that_host(shell: HostsShell) -> None:
    shell.write("personas/scout.md", _SCOUT)
    ran = shell("compile", "--host", "claude,goose", "--out", ".")
    assert (ran.code, ran.out) == (1, ".claude/agents/scout.md\n")
    assert (
        "Error: Goose would not keep tools of scout: Goose would give it list, glob, grep, write, edit, shell, fetch, "
        "web_search, agent too; no file limits an agent there\n"
        "  To write it all the same: --allow-widening tools.\n"
    ) in ran.err
    assert not (shell.folder / ".goose").exists()


def test_what_is_allowed_is_written(shell: HostsShell) -> None:
    shell.write("personas/scout.md", _SCOUT)
    ran = shell("compile", "--host", "goose", "--allow-widening", "tools", "--out", ".")
    assert (ran.code, ran.out) == (0, ".goose/agents/scout.md\n")


def test_json_has_every_file_and_every_entry(shell: HostsShell) -> None:
    shell.write("personas/scout.md", _SCOUT)
    ran = shell("compile", "--host", "claude,cursor", "--json")
    data = json.loads(ran.out)
    assert ran.code == 1
    claude, cursor = data["compiled"]
    assert [item["path"] for item in claude["artifacts"]] == [".claude/agents/scout.md"]
    assert {"field": "maxSteps", "outcome": "exact", "reason": "maxTurns: 20"} in claude["ledger"]
    assert (cursor["refused"], cursor["artifacts"], cursor["limits_lost"]) == (True, [], ["tools"])
    assert data["proofs"] == []


def test_a_broken_persona_exits_6_and_the_others_are_compiled(shell: HostsShell) -> None:
    shell.write("personas/scout.md", _SCOUT)
    shell.write("personas/other.md", _SCOUT.replace("name: scout", "name: other\ntier: T9"))
    ran = shell("compile", "--host", "claude", "--out", ".")
    assert (ran.code, ran.out) == (6, ".claude/agents/scout.md\n")
    assert "personas/other.md:4:7" in ran.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Missing option '--host'"),
        (("--host", "claud", "reviewer"), "Error: unknown host 'claud'\n  Did you mean 'claude'?\n"),
        (("--host", "claude", "reviewr"), "Error: unknown persona 'reviewr'\n  Did you mean 'reviewer'?\n"),
        (("--host", "claude"), "Error: this project has no personas\n  Name some, such as reviewer, or give --all.\n"),
        (
            ("--host", "claude", "reviewer", "--allow-widening", "model"),
            "Error: 'model' is no limit\n  Limits are: budget.daily, budget.perRun, canDispatch, maxSteps, modes, "
            "needsTempWorkspace, tools, visibility.\n",
        ),
        (
            ("--host", "claude", "brain"),
            "Error: the brain is beneath every adoption and is no agent of its own\n",
        ),
    ],
)
def test_wrong_use_exits_2_with_the_way_out(shell: HostsShell, arguments: tuple[str, ...], message: str) -> None:
    ran = shell("compile", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_a_target_that_is_a_file_is_an_error_and_nothing_is_lost(shell: HostsShell) -> None:
    shell.write("personas/scout.md", _SCOUT)
    shell.write("there", "mine\n")
    ran = shell("compile", "--host", "claude", "--out", "there")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("Error: cannot write ")
    assert (shell.folder / "there").read_text(encoding="utf-8") == "mine\n"


def test_a_file_of_another_hand_is_not_overwritten_without_a_yes(shell: HostsShell) -> None:
    shell.write("personas/scout.md", _SCOUT)
    shell.write(".claude/agents/scout.md", "mine\n")
    ran = shell("compile", "--host", "opencode,claude", "--out", ".")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "Error: not made by personae: .claude/agents/scout.md\n"
        "  Nothing was written. Move them away, or give --yes to overwrite them.\n"
    )
    assert not (shell.folder / ".opencode").exists()
    assert shell("compile", "--host", "claude", "--out", ".", "--yes").code == 0
    shell.write("personas/scout.md", _SCOUT.replace("You look.", "You look twice."))
    assert shell("compile", "--host", "claude", "--out", ".").code == 0  # ours, and older


def test_a_link_out_of_the_folder_is_not_followed(shell: HostsShell) -> None:
    shell.write("personas/scout.md", _SCOUT)
    (shell.folder / "out" / ".claude").mkdir(parents=True)
    (shell.folder / "elsewhere").mkdir()
    (shell.folder / "out" / ".claude" / "agents").symlink_to(shell.folder / "elsewhere")
    ran = shell("compile", "--host", "claude", "--out", "out")
    assert (ran.code, list((shell.folder / "elsewhere").iterdir())) == (2, [])


def test_too_much_text_for_the_start_of_every_session_is_said(shell: HostsShell) -> None:
    long = _SCOUT.replace("Looks.", "Looks. " * 700)
    for number in range(15):
        shell.write(f"personas/scout{number}.md", long.replace("name: scout", f"name: scout{number}"))
    ran = shell("compile", "--host", "claude")
    assert "tokens, all read by Claude Code at its start; it warns above 15,000\n" in ran.err


def test_a_proof_that_nobody_here_can_give_is_a_failure(shell: HostsShell) -> None:
    shell.write("personas/scout.md", _SCOUT)
    ran = shell("compile", "--host", "claude", "--prove")
    assert ran.code == 1
    assert "Error: nothing was proved: no loader is installed here of gemini, grok, codex, opencode\n" in ran.err
