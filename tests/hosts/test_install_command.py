"""`personae install` and `uninstall` as a user and a CI meet them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hosts_shell import HostsShell, open_shell

from personae.hosts.install.lock import digest

REVIEWER = (
    "---\nkind: persona\nname: reviewer\ndescription: Reviews.\ntools: [list, read, glob, grep]\n"
    "modes: [sub-agent]\n---\nYou review.\n"
)
AGENT = ".claude/agents/reviewer.md"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HostsShell:
    opened = open_shell(tmp_path, monkeypatch)
    opened.write("personas/reviewer.md", REVIEWER)
    return opened


def writer(shell: HostsShell) -> None:
    shell.write("personas/scribe.md", REVIEWER.replace("reviewer", "scribe").replace("Reviews", "Writes"))


def ours(shell: HostsShell) -> set[str]:
    return {name for name in shell.files() if not name.startswith(("personas/", ".git/"))}


def test_install_check_change_install_uninstall(shell: HostsShell) -> None:
    assert shell("install", "--host", "claude").code == 0
    assert AGENT in ours(shell)
    assert shell("install", "--check").code == 0
    shell.write("personas/reviewer.md", REVIEWER.replace("You review.", "You review slowly."))
    checked = shell("install", "--check")
    assert checked.code == 1
    assert "-You review.\n+You review slowly.\n" in checked.out
    assert "not in step: personae install" in checked.err
    assert shell("install").code == 0
    assert "You review slowly." in shell.read(AGENT)
    assert shell("install", "--check").code == 0
    assert shell("uninstall").code == 0
    assert ours(shell) == set()


def test_it_must_be_said_for_which_tools_the_first_time(shell: HostsShell) -> None:
    ran = shell("install")
    assert (ran.code, ran.err) == (
        2,
        "Error: nothing is installed here yet\n  Say for which tools: personae install --host claude,codex.\n",
    )


def test_a_second_time_nothing_is_to_do(shell: HostsShell) -> None:
    shell("install", "--host", "claude")
    before = {name: (shell.folder / name).stat().st_mtime_ns for name in shell.files()}
    again = shell("install", "--host", "claude")
    assert (again.code, again.out) == (0, "")
    assert again.err.endswith("as they should be\n")
    assert {name: (shell.folder / name).stat().st_mtime_ns for name in shell.files()} == before


def test_a_change_by_hand_is_kept_until_somebody_says_yes(shell: HostsShell) -> None:
    shell("install", "--host", "claude")
    shell.write(AGENT, "by hand\n")
    shell.write("personas/reviewer.md", REVIEWER.replace("You review.", "You review slowly."))
    ran = shell("install")
    assert (ran.code, shell.read(AGENT)) == (1, "by hand\n")
    assert f"left as they are: {AGENT}. --force takes them over; --check shows the difference." in ran.err
    assert shell("uninstall").code == 1
    assert shell.read(AGENT) == "by hand\n"
    assert shell("install", "--host", "claude", "--force").code == 0
    assert "You review slowly." in shell.read(AGENT)


def test_a_file_of_others_is_kept_until_somebody_says_yes(shell: HostsShell) -> None:
    shell.write(AGENT, "of others\n")
    ran = shell("install", "--host", "claude")
    assert (ran.code, shell.read(AGENT)) == (1, "of others\n")
    assert f"! {AGENT} (there already, and not ours)\n" in ran.out
    assert shell("uninstall").code == 0
    assert shell.read(AGENT) == "of others\n"


def test_a_file_that_is_as_it_would_be_written_is_taken_over(shell: HostsShell) -> None:
    shell("install", "--host", "claude")
    (shell.folder / "personae.lock").unlink()
    assert shell("install", "--host", "claude").code == 0
    assert AGENT in json.loads(shell.read("personae.lock"))["files"]


def test_what_belongs_to_a_removed_persona_is_removed(shell: HostsShell) -> None:
    writer(shell)
    shell("install", "--host", "claude")
    (shell.folder / "personas/scribe.md").unlink()
    checked = shell("install", "--check")
    assert (checked.code, "- .claude/agents/scribe.md (no longer wanted)\n" in checked.out) == (1, True)
    assert shell("install").code == 0
    assert not any("scribe" in name for name in ours(shell))
    assert AGENT in ours(shell)


def test_one_persona_can_be_installed_and_taken_back(shell: HostsShell) -> None:
    writer(shell)
    assert shell("install", "--host", "claude", "scribe").code == 0
    assert not any("reviewer" in name for name in ours(shell))
    assert shell("install", "reviewer").code == 0
    assert AGENT in ours(shell)
    assert shell("uninstall", "scribe").code == 0
    assert not any("scribe" in name for name in ours(shell))
    assert shell("install", "--check").code == 0


def test_taking_one_back_of_all_leaves_the_others_wished(shell: HostsShell) -> None:
    writer(shell)
    shell("install", "--host", "claude")
    assert shell("uninstall", "scribe").code == 0
    assert json.loads(shell.read("personae.lock"))["hosts"] == {"claude": {"personas": ["reviewer"]}}
    assert shell("install", "--check").code == 0


def test_hosts_come_and_go_one_by_one(shell: HostsShell) -> None:
    shell("install", "--host", "claude,copilot,gemini")
    assert shell("uninstall", "--host", "copilot").code == 0
    assert not any(name.startswith(".github") for name in ours(shell))
    assert json.loads(shell.read("personae.lock"))["hosts"].keys() == {"claude", "gemini"}


def test_a_host_that_would_lose_a_limit_is_refused_and_the_others_are_served(shell: HostsShell) -> None:
    ran = shell("install", "--host", "claude,goose")
    assert ran.code == 1
    assert "Error: reviewer is not installed for Goose: tools: " in ran.err
    assert "personae install --host goose reviewer --allow-widening tools" in ran.err
    assert AGENT in ours(shell)
    assert not any(name.startswith(".goose") for name in ours(shell))


def test_what_was_allowed_to_widen_is_in_the_lock_for_everybody_to_see(shell: HostsShell) -> None:
    assert shell("install", "--host", "goose", "--allow-widening", "tools").code == 0
    assert json.loads(shell.read("personae.lock"))["hosts"]["goose"] == {"personas": "all", "allow": {"*": ["tools"]}}
    assert shell("install", "--check").code == 0


def test_what_one_persona_may_lose_no_other_may(shell: HostsShell) -> None:
    writer(shell)
    assert shell("install", "--host", "goose").code == 1
    ran = shell("install", "--host", "goose", "reviewer", "--allow-widening", "tools")
    assert (ran.code, "Error: scribe is not installed for Goose" in ran.err) == (1, True)
    assert ours(shell) == {".goose/agents/reviewer.md", "personae.lock"}
    assert shell("install", "--allow-widening", "tools").code == 0
    assert ".goose/agents/scribe.md" in ours(shell)


def test_a_persona_that_a_host_no_longer_keeps_within_its_limits_is_taken_away(shell: HostsShell) -> None:
    shell.write("personas/reviewer.md", REVIEWER.replace("tools: [list, read, glob, grep]\n", ""))
    assert shell("install", "--host", "goose").code == 0
    assert ".goose/agents/reviewer.md" in ours(shell)
    shell.write("personas/reviewer.md", REVIEWER)
    assert shell("install").code == 1
    assert ".goose/agents/reviewer.md" not in ours(shell)


def test_a_broken_persona_stops_everything_and_removes_nothing(shell: HostsShell) -> None:
    shell("install", "--host", "claude")
    before = ours(shell)
    shell.write("personas/reviewer.md", REVIEWER.replace("modes: [sub-agent]", "modes: [sleeping]"))
    ran = shell("install")
    assert (ran.code, ours(shell)) == (6, before)
    assert "'sleeping' is not one of" in ran.err


@pytest.mark.parametrize("path", ["../outside.md", "README.md", ".github/workflows/ci.yml"])
@pytest.mark.parametrize("command", ["install", "uninstall"])
def test_a_lock_that_names_other_files_is_refused_and_nothing_is_lost(
    shell: HostsShell, command: str, path: str
) -> None:
    target = shell.write(path, "precious\n")
    entry = {"hosts": ["claude"], "persona": "x", "sha256": digest(b"precious\n")}
    lock = {"version": 1, "hosts": {"claude": {"personas": "all"}}, "files": {path: entry}}
    shell.write("personae.lock", json.dumps(lock))
    ran = shell(command)
    assert (ran.code, target.read_text()) == (6, "precious\n")
    assert "personae.lock:1:1\n" in ran.err
    assert "Restore it from version control." in ran.err


def test_a_merge_conflict_in_the_lock_is_said(shell: HostsShell) -> None:
    shell.write("personae.lock", "<<<<<<< HEAD\n")
    ran = shell("install", "--check")
    assert (ran.code, ran.err.startswith("Error: personae.lock:1:1\n  it is not JSON\n")) == (6, True)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_nothing_at_all_is_written_when_one_place_is_a_link(shell: HostsShell, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (shell.folder / ".gemini").symlink_to(outside)
    ran = shell("install", "--host", "claude,gemini")
    assert (ran.code, ours(shell), list(outside.iterdir())) == (1, set(), [])
    assert ran.err.endswith(
        "Error: .gemini/agents/reviewer.md cannot be written: .gemini is a link, and nothing is written through links\n"
        "  Nothing was changed.\n"
    )


def test_personas_whose_files_differ_by_case_only_cannot_be_and_a_file_in_the_way_is_said(shell: HostsShell) -> None:
    shell.write(".claude/agents/Reviewer.md", "of others\n")
    ran = shell("install", "--host", "claude")
    assert ran.code == 1
    assert (
        ".claude/agents/Reviewer.md is there, which is the same name on a disk that does not tell cases apart"
        in ran.err
    )


def test_the_user_s_own_personas_go_below_the_home_folder(shell: HostsShell) -> None:
    own = shell.home / ".config/personae/personas/mine.md"
    own.parent.mkdir(parents=True)
    own.write_text(REVIEWER.replace("reviewer", "mine"))
    before = shell.files()
    assert shell("install", "--scope", "user", "--host", "claude,copilot").code == 0
    assert (shell.home / ".claude/agents/mine.md").is_file()
    assert (shell.home / ".copilot/agents/mine.agent.md").is_file()
    assert (shell.home / ".config/personae/personae.lock").is_file()
    assert shell.files() == before
    assert shell("install", "--scope", "user", "--check").code == 0
    assert shell("uninstall", "--scope", "user").code == 0
    assert not (shell.home / ".claude").exists()


def test_an_interrupted_install_is_said_and_finished(shell: HostsShell) -> None:
    shell("install", "--host", "claude")
    shell.write(".personae/install.json", json.dumps({"version": 1, "files": {AGENT: "0" * 64}}))
    checked = shell("install", "--check")
    assert (checked.code, "an install was interrupted: personae install finishes it\n" in checked.err) == (1, True)
    ran = shell("install")
    assert (ran.code, "an earlier install was interrupted; this one finishes it\n" in ran.err) == (0, True)
    assert shell("install", "--check").code == 0


SETTINGS = ".claude/settings.json"


def test_claude_code_gets_commands_and_a_hook_in_settings_that_stay_the_user_s(shell: HostsShell) -> None:
    shell.write(SETTINGS, '{"model": "opus", "hooks": {"Stop": []}}')
    ran = shell("install", "--host", "claude")
    assert f"~ {SETTINGS} (one entry of ours in it, the rest stays)\n" in ran.out
    assert {".claude/commands/wear.md", ".claude/commands/release.md", ".claude/hooks/personae.sh"} <= ours(shell)
    settings = json.loads(shell.read(SETTINGS))
    assert settings["model"] == "opus"
    assert "personae.sh" in json.dumps(settings["hooks"]["SessionStart"])
    assert shell("install", "--check").code == 0
    assert SETTINGS not in json.loads(shell.read("personae.lock"))["files"]
    assert shell("uninstall").code == 0
    assert json.loads(shell.read(SETTINGS)) == {"model": "opus", "hooks": {"Stop": []}}
    assert ours(shell) == {SETTINGS}


def test_a_hook_that_was_taken_out_is_missed_by_the_check(shell: HostsShell) -> None:
    shell("install", "--host", "claude")
    shell.write(SETTINGS, "{}\n")
    assert shell("install", "--check").code == 1
    assert shell("install").code == 0
    assert shell("install", "--check").code == 0


def test_settings_that_cannot_be_read_stop_the_install_before_anything_is_written(shell: HostsShell) -> None:
    shell.write(SETTINGS, "{broken")
    ran = shell("install", "--host", "claude")
    assert (ran.code, ours(shell)) == (2, {SETTINGS})
    assert ran.err.endswith("Repair it first; nothing was written.\n")


def test_the_commands_go_with_the_last_persona_of_the_host(shell: HostsShell) -> None:
    shell("install", "--host", "claude", "reviewer")
    assert shell("uninstall", "reviewer").code == 0
    assert ours(shell) == set()


def test_json_lists_every_file_with_its_state(shell: HostsShell) -> None:
    ran = shell("install", "--host", "claude", "--check", "--json")
    found = json.loads(ran.out)
    assert (ran.code, found["hosts"], found["refused"]) == (1, ["claude"], [])
    (agent,) = [file for file in found["files"] if file["path"] == AGENT]
    assert (agent["state"], agent["persona"], agent["diff"].startswith("--- /dev/null\n")) == ("new", "reviewer", True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("install", "--host", "emacs"), "Error: unknown host 'emacs'\n"),
        (("install", "--host", "claude", "nobody"), "Error: unknown persona 'nobody'\n"),
        (("install", "--host", "claude", "--allow-widening", "x"), "Error: 'x' is no limit\n"),
        (("install", "--host", "claude", "brain"), "Error: the brain is beneath every adoption"),
        (("uninstall",), "Error: nothing is installed here yet\n"),
    ],
)
def test_wrong_use_exits_2(shell: HostsShell, arguments: tuple[str, ...], message: str) -> None:
    ran = shell(*arguments)
    assert (ran.code, message in ran.err) == (2, True)


def test_taking_back_what_nobody_installed_names_what_is(shell: HostsShell) -> None:
    shell("install", "--host", "claude")
    ran = shell("uninstall", "reviewr")
    assert (ran.code, ran.err) == (
        2,
        "Error: unknown installed persona 'reviewr'\n  Did you mean 'reviewer'?\n",
    )
    assert shell("uninstall", "reviewer", "--dry-run").code == 0
    assert AGENT in ours(shell)
