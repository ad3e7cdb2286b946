"""Whatever lies in a folder gets a verdict, and the rest is still checked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from personae.check import read, walk
from personae.check.engine import check
from personae.check.report import Report, Request
from personae.errors import Diagnostic

SOUND = b"---\nkind: persona\nname: scout\n---\nLook for new releases of our tools, and say which of them break us.\n"
CLAUDE = b"---\nname: critic\ndescription: Reads a change and names its three worst faults.\n---\nRead the change.\n"


@pytest.fixture(autouse=True)
def _nobody_elses_personas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "personae.toml").touch()
    lay(root, "personas/scout.md", SOUND)
    return root


def lay(root: Path, name: str, data: bytes) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def look(*paths: Path, base: Path, sniff: bool = False) -> Report:
    request = Request(paths=paths, base=base, today=date(2026, 11, 20), sniff=sniff)
    return check(request, remember=False)


def said(report: Report) -> list[tuple[str, str, str]]:
    return [(item.file, item.rule, item.message) for item in report.diagnostics]


def test_a_sound_project_is_clean(root: Path) -> None:
    report = look(root, base=root)

    assert said(report) == []
    assert dict(report.verdicts) == {"personae.toml": "clean", "personas/scout.md": "clean"}
    assert dict(report.hosts) == {"persona": 1}


def test_what_lies_beside_personas_and_is_none_is_left_alone(root: Path) -> None:
    lay(root, "personas/README.md", b"---\nname: x\n---\nAbout our personas.\n")
    lay(root, "personas/notes.md", b"No frontmatter.\n")
    lay(root, "personas/tone.md", b"---\nkind: opinion\nname: tone\n---\nBe brief.\n")

    report = look(root, base=root)

    assert [item.rule for item in report.diagnostics] == ["other-kind"]
    assert report.verdicts["personas/README.md"] == "left alone"
    assert report.verdicts["personas/notes.md"] == "left alone"
    assert report.verdicts["personas/tone.md"] == "left alone"
    assert report.files == 1


def test_a_folder_called_personas_deep_in_a_project_is_not_ours(root: Path) -> None:
    lay(root, "docs/personas/buyer.md", b"---\ntitle: The buyer\n---\nMeet the buyer.\n")

    assert said(look(root, base=root)) == []
    assert said(look(root / "docs", base=root)) != [], "unless its folder is named as one to check"


def test_agents_of_other_tools_are_found_by_themselves(root: Path) -> None:
    lay(root, ".claude/agents/critic.md", CLAUDE)
    lay(root, ".opencode/agents/critic.md", b"---\ntools: [read]\n---\nRead the change.\n")
    lay(root, "src/crew/config/agents.yaml", b"critic:\n  role: Critic\n  goal: Find faults.\n  backstory: Strict.\n")
    lay(root, "plugin/agents/critic.md", CLAUDE.replace(b"\n---\nRead", b"\nmodel: sonnet\n---\nRead"))

    report = look(root, base=root)

    assert dict(report.hosts) == {"claude": 2, "crewai": 1, "opencode": 1, "persona": 1}
    (found,) = report.diagnostics
    assert (found.file, found.rule) == (".opencode/agents/critic.md", "opencode-tools-not-a-map")
    assert "this stops OpenCode from starting" in found.message


def test_an_agent_of_a_host_in_a_folder_called_personas_is_the_hosts(root: Path) -> None:
    lay(root, ".claude/agents/personas/critic.md", CLAUDE)

    assert dict(look(root, base=root).hosts) == {"claude": 1, "persona": 1}


def test_commands_prompts_and_rules_of_hosts_are_not_agents(root: Path) -> None:
    text = b"---\nname: review\ndescription: Review it.\nmodel: sonnet\ntools: Read\n---\nReview it.\n"
    for name in (".claude/commands/agents/review.md", ".github/prompts/review.prompt.md", "commands/review.md"):
        lay(root, name, text)

    assert look(root, base=root, sniff=True).files == 1


def test_a_file_that_is_named_is_taken_for_what_it_looks_like(root: Path) -> None:
    agent = lay(root, "drafts/critic.md", CLAUDE.replace(b"\n---\nRead", b"\nmodel: sonet\n---\nRead"))
    text = lay(root, "drafts/plain.md", b"Nothing of that kind.\n")

    report = look(agent, text, base=root)

    assert dict(report.hosts) == {"claude": 1}
    assert report.verdicts["drafts/plain.md"] == "unknown"


def test_a_file_checked_alone_is_judged_with_its_neighbors(root: Path) -> None:
    lay(
        root,
        "personas/lead.md",
        SOUND.replace(b"scout", b"lead").replace(b"---\nLook", b"tools: [agent(scout)]\n---\nTell"),
    )
    agent = CLAUDE.replace(b"faults.", b"faults before anybody merges it into a release branch.")
    first = lay(root, ".claude/agents/one.md", agent)
    second = lay(root, ".claude/agents/two.md", agent.replace(b"critic", b"judge"))

    assert said(look(root / "personas" / "lead.md", base=root)) == []
    assert [item.rule for item in look(second, base=root).diagnostics] == ["lookalike-description"]
    assert said(look(first, base=root)) == [], "the finding belongs to the other file"


def test_every_root_has_its_own_personas(root: Path) -> None:
    lay(root, "services/a/personae.toml", b"")
    lay(root, "services/a/personas/scout.md", SOUND)

    assert said(look(root, base=root)) == []


def test_two_personas_of_one_slug_are_one_finding_that_names_both(root: Path) -> None:
    lay(root, ".agents/scout/persona.md", b"---\nname: Scout\nrole: Finds\ntype: specialist\n---\nFind new releases.\n")

    (found,) = (item for item in look(root, base=root).diagnostics if item.rule == "duplicate-slug")

    assert {found.file, found.related[0].file} == {".agents/scout/persona.md", "personas/scout.md"}


@pytest.mark.parametrize("name", [".agents/x/persona.md", "personas/x.md", ".claude/agents/x.md"])
def test_a_folder_where_a_file_belongs_is_unreadable(root: Path, name: str) -> None:
    (root / name).mkdir(parents=True)

    assert said(look(root, base=root)) == [(name, "unreadable", "cannot be read: is a directory")]


def test_a_pipe_where_a_file_belongs_is_not_waited_for(root: Path) -> None:
    (root / ".claude" / "agents").mkdir(parents=True)
    os.mkfifo(root / ".claude" / "agents" / "x.md")

    assert said(look(root, base=root)) == [
        (".claude/agents/x.md", "unreadable", "cannot be read: it is not a regular file")
    ]


def test_links_that_go_in_circles_end(root: Path) -> None:
    lay(
        root,
        ".agents/chief/persona.md",
        b"---\nname: Chief\nrole: Leads\ntype: lead\n---\nAsk who is free, and give them work.\n",
    )
    (root / ".agents" / "self").symlink_to(root / ".agents" / "self")
    (root / ".agents" / "around").symlink_to(root)
    (root / "personas" / "me.md").symlink_to(root / "personas" / "me.md")
    (root / "elsewhere").symlink_to(root)

    report = look(root, base=root)

    assert said(report) == [
        (".agents/around", "unreadable", "the link leads back to a folder around it"),
        (".agents/self", "unreadable", "cannot be read: it is a link that leads to itself"),
        ("personas/me.md", "unreadable", "cannot be read: too many levels of symbolic links"),
    ]
    assert report.hosts["persona"] == 3
    assert report.has_unparsable()


def test_a_persona_whose_folder_is_shared_by_a_link_is_checked_once(root: Path, tmp_path: Path) -> None:
    lay(tmp_path, "shared/chief/persona.md", b"---\nname: Chief\nrole: Leads\ntype: boss\n---\nAsk who is free.\n")
    (root / ".agents").mkdir()
    (root / ".agents" / "chief").symlink_to(tmp_path / "shared" / "chief")
    (root / ".agents" / "again").symlink_to(tmp_path / "shared" / "chief")

    found = look(root, base=root).diagnostics

    assert len([item for item in found if item.rule == "invalid-choice"]) == 1


def test_names_that_are_not_utf_8_are_shown_with_their_bytes(root: Path) -> None:
    name = os.fsencode(root) + b"/.claude/agents/caf\xe9.md"
    (root / ".claude" / "agents").mkdir(parents=True)
    Path(os.fsdecode(name)).write_bytes(CLAUDE.replace(b"Read the change.", b"").replace(b"name: critic\n", b""))

    report = look(root, base=root)

    assert report.verdicts[".claude/agents/caf\\xe9.md"] == "findings"
    assert str(report.diagnostics[0]).encode()
    assert report.places[".claude/agents/caf\\xe9.md"] == os.fsdecode(name)


def test_a_folder_that_cannot_be_opened_is_a_finding(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / ".claude").mkdir()
    scandir = os.scandir

    def refuse(path: str) -> Iterator[os.DirEntry[str]]:
        if str(path).endswith(".claude"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)

    report = look(root, base=root)

    assert said(report) == [(".claude", "unreadable", "cannot be read: permission denied")]
    assert report.verdicts["personas/scout.md"] == "clean"


def test_a_file_that_changes_while_it_is_read_is_read_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = root / "personas" / "scout.md"
    reads = 0

    def change_once(target: Path) -> bytes:
        nonlocal reads
        reads += target == path
        data = target.read_bytes()
        if target == path and reads == 1:
            path.write_bytes(SOUND.replace(b"kind: persona", b"kind: persona\ntier: T9"))
        return data

    monkeypatch.setattr(read, "read_bytes", change_once)

    assert [item.rule for item in look(root, base=root).diagnostics] == ["invalid-choice"]
    assert reads == 2


def test_a_file_that_never_stops_changing_gets_a_verdict(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = 0

    def change(target: Path) -> bytes:
        nonlocal reads
        reads += 1
        with target.open("ab") as stream:
            stream.write(b"More.\n" * reads)
        return target.read_bytes()

    monkeypatch.setattr(read, "read_bytes", change)

    assert said(look(root, base=root)) == [
        ("personas/scout.md", "unreadable", "cannot be read: it keeps changing while it is read")
    ]


def test_a_file_that_vanishes_gets_a_verdict(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(root, "personas/ghost.md", SOUND)
    listing = walk.list_files([root])
    (root / "personas" / "ghost.md").unlink()
    monkeypatch.setattr("personae.check.engine.list_files", lambda paths: listing)

    report = look(root, base=root)

    assert said(report) == [("personas/ghost.md", "unreadable", "cannot be read: no such file or directory")]
    assert report.verdicts["personas/scout.md"] == "clean"


def test_a_broken_project_file_is_reported_although_only_a_persona_is_checked(root: Path) -> None:
    (root / "personae.toml").write_text("[project\n")

    found = look(root / "personas", base=root).diagnostics

    assert [(item.file, item.rule) for item in found] == [("personae.toml", "invalid-toml")]


def test_hosts_can_be_told_apart_by_hand(root: Path) -> None:
    lay(root, "lists/critic.md", b"---\nname: critic\n---\nRead the change.\n")
    request = Request(paths=[root / "lists"], base=root, today=date(2026, 11, 20), host="claude")

    (found,) = check(request, remember=False).diagnostics

    assert (found.file, found.rule) == ("lists/critic.md", "claude-missing-key")


def test_many_files_of_one_name_in_many_folders_are_all_listed(tmp_path: Path) -> None:
    for number in range(300):
        lay(tmp_path, f"{number // 10}/{number}/personas/scout.md", SOUND)
        (tmp_path / f"{number // 10}/{number}/personae.toml").touch()

    report = look(tmp_path, base=tmp_path)

    assert report.files == 300
    assert said(report) == []


def test_verdicts_and_findings_agree(root: Path) -> None:
    lay(root, "personas/bad.md", b"---\nkind: persona\nname: bad\ntier: T9\n---\nDo it well and tell us.\n")
    lay(root, "personas/worse.md", b"---\nkind: [persona\n---\n")

    report = look(root, base=root)
    files: dict[str, list[Diagnostic]] = {}
    for item in report.diagnostics:
        files.setdefault(item.file, []).append(item)

    assert report.verdicts["personas/bad.md"] == "findings"
    assert report.verdicts["personas/worse.md"] == "unparsable"
    assert set(files) == {"personas/bad.md", "personas/worse.md"}
