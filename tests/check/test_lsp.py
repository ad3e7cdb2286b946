from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lsp_client import Client

BROKEN = """---
name: "📮 Scout"
role: Looks ahead
type: lead
can_dispatch: true
heartbeats:
  - cron: "0 9 * *"
    prompt: Look around the market and write three lines to the inbox.
---
You look ahead. Read the news of the day and write what matters for the team into /briefings/today.md.
"""
SOUND = BROKEN.replace("can_dispatch", "canDispatch").replace('"0 9 * *"', '"0 9 * * 1"')


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "personae.toml").touch()
    (folder / "personas").mkdir()
    (folder / ".agents" / "scout").mkdir(parents=True)
    (folder / ".agents" / "scout" / "persona.md").write_text(BROKEN, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Client]:
    with Client(folder) as client:
        yield client


@pytest.fixture
def scout(folder: Path) -> Path:
    return folder / ".agents" / "scout" / "persona.md"


def labels(answer: dict[str, Any]) -> list[str]:
    return [item["label"] for item in sorted(answer["items"], key=lambda item: str(item.get("sortText")))]


def test_it_says_what_it_can_do(client: Client) -> None:
    assert client.capabilities["hoverProvider"]
    assert client.capabilities["completionProvider"]["triggerCharacters"] == [":", " ", "-"]
    assert client.capabilities["codeActionProvider"]["codeActionKinds"] == ["quickfix"]


def test_an_open_file_is_diagnosed_with_rule_and_range(client: Client, scout: Path) -> None:
    found = client.open(scout, BROKEN)

    assert [(item["code"], item["severity"], item["source"]) for item in found] == [
        ("unknown-key", 1, "personae"),
        ("invalid-cron", 1, "personae"),
    ]
    assert found[0]["message"] == ("can_dispatch: unknown key 'can_dispatch'\nIt is spelled canDispatch.")
    assert found[0]["range"] == {"start": {"line": 4, "character": 0}, "end": {"line": 4, "character": 12}}
    assert found[1]["range"] == {"start": {"line": 6, "character": 10}, "end": {"line": 6, "character": 19}}


def test_what_is_not_saved_counts(client: Client, scout: Path) -> None:
    client.change(scout, SOUND, version=2)
    assert client.diagnostics(scout) == []
    client.change(scout, SOUND.replace("type: lead", "type: boss"), version=3)
    assert [item["code"] for item in client.diagnostics(scout)] == ["invalid-choice"]


def test_only_the_last_of_many_changes_is_checked(client: Client, scout: Path) -> None:
    for version in range(4, 24):
        client.change(scout, SOUND.replace("type: lead", f"type: {'x' * version}"), version=version)
    (found,) = client.diagnostics(scout)
    assert found["message"].startswith(f"type: {'x' * 23!r} is not one of lead, specialist")


def test_columns_count_as_the_editor_counts_them(client: Client, folder: Path) -> None:
    path = folder / "personas" / "postman.md"
    text = "---\nkind: persona\nname: postman\ntools: [read, '📮📮', write]\n---\nYou sort the letters by urgency.\n"
    (found,) = client.open(path, text)

    # An emoji is two units of UTF-16, which is what a client counts that says nothing else.
    assert (found["code"], found["range"]["start"]["character"], found["range"]["end"]["character"]) == (
        "invalid-tool",
        14,
        20,
    )


def test_hovering_over_a_finding_explains_its_rule(client: Client, scout: Path) -> None:
    client.change(scout, BROKEN, version=30)
    client.diagnostics(scout)
    hover = client.ask("textDocument/hover", client.at(scout, 6, 12))

    assert hover["contents"]["kind"] == "markdown"
    assert hover["contents"]["value"].startswith("# invalid-cron\n")


def test_hovering_over_a_key_says_what_it_means(client: Client, scout: Path) -> None:
    client.change(scout, SOUND, version=31)
    client.diagnostics(scout)

    assert client.ask("textDocument/hover", client.at(scout, 3, 1))["contents"]["value"] == (
        "**type**: lead or specialist; leads may dispatch\n\nTakes: `lead`, `specialist`"
    )
    assert client.ask("textDocument/hover", client.at(scout, 6, 5))["contents"]["value"].startswith("**cron**: when:")
    assert client.ask("textDocument/hover", client.at(scout, 9, 3)) is None


def test_keys_are_completed_with_the_required_ones_first_and_none_twice(client: Client, folder: Path) -> None:
    path = folder / ".agents" / "new" / "persona.md"
    client.open(path, "---\nname: New\nefort\n---\nYou are new here.\n")
    answer = client.ask("textDocument/completion", client.at(path, 2, 3))

    assert "name" not in labels(answer)
    assert {"role", "effort", "heartbeats"} <= set(labels(answer))
    (effort,) = [item for item in answer["items"] if item["label"] == "effort"]
    assert (effort["insertText"], effort["detail"]) == ("effort: ", "how hard it thinks; beats what tier says")


def test_keys_below_a_key_are_its_own(client: Client, folder: Path) -> None:
    path = folder / ".agents" / "beats" / "persona.md"
    client.open(path, "---\nname: New\nheartbeats:\n  - cron: x\n    \nbudget:\n  perRun:\n    \n---\n")

    assert labels(client.ask("textDocument/completion", client.at(path, 4, 4))) == [
        "prompt",
        "label",
        "model",
        "effort",
        "enabled",
    ]
    assert labels(client.ask("textDocument/completion", client.at(path, 7, 4))) == ["maxCostUsd", "maxTokens"]


def test_values_are_completed_where_they_are_a_choice(client: Client, folder: Path) -> None:
    path = folder / ".agents" / "values" / "persona.md"
    client.open(
        path, "---\nname: N\neffort: \nmodes: [goal, \ntriggers:\n  - x\nmodes:\n  - \nvisibility: \n---\nbody: \n"
    )

    def at(line: int, character: int) -> list[str]:
        return labels(client.ask("textDocument/completion", client.at(path, line, character)))

    assert at(2, 8) == ["low", "medium", "high", "xhigh", "max"]
    assert at(3, 14) == ["interactive", "sub-agent", "loop", "goal"]
    assert at(7, 4) == ["interactive", "sub-agent", "loop", "goal"]
    assert at(8, 12) == ["folder", "cabinet", "all"]
    assert at(1, 7) == []
    assert at(10, 6) == []


def test_an_agent_of_another_tool_is_completed_by_that_tools_keys(client: Client, folder: Path) -> None:
    path = folder / ".opencode" / "agents" / "scout.md"
    client.open(path, "---\ndescription: Looks ahead\nmode: \n\n---\nLook ahead.\n")

    assert labels(client.ask("textDocument/completion", client.at(path, 2, 6))) == ["subagent", "primary", "all"]
    assert "permission" in labels(client.ask("textDocument/completion", client.at(path, 3, 0)))


def test_a_safe_repair_is_offered_as_an_edit(client: Client, scout: Path) -> None:
    client.change(scout, BROKEN, version=40)
    client.diagnostics(scout)
    where = {"start": {"line": 4, "character": 0}, "end": {"line": 4, "character": 3}}
    asked = {"textDocument": {"uri": scout.as_uri()}, "range": where, "context": {"diagnostics": []}}
    (action,) = client.ask("textDocument/codeAction", asked)

    assert action["title"] == "Repair: It is spelled canDispatch."
    assert action["edit"]["changes"][scout.as_uri()] == [
        {
            "range": {"start": {"line": 4, "character": 0}, "end": {"line": 5, "character": 0}},
            "newText": "canDispatch: true\n",
        }
    ]
    where["start"]["line"] = where["end"]["line"] = 6
    assert client.ask("textDocument/codeAction", asked) == []


def test_what_two_open_files_do_together_is_said_of_one(client: Client, folder: Path, scout: Path) -> None:
    client.change(scout, SOUND, version=50)
    assert client.diagnostics(scout) == []
    twin = folder / "personas" / "scout.md"
    text = "---\nkind: persona\nname: scout\n---\nYou look back at yesterday and say what was missed.\n"
    twin.write_text(text, encoding="utf-8")
    try:
        (found,) = client.open(twin, text)
    finally:
        twin.unlink()

    assert (found["code"], found["message"].splitlines()[0]) == (
        "duplicate-slug",
        "the slug 'scout' is also that of .agents/scout/persona.md",
    )
    assert found["relatedInformation"][0]["location"]["uri"] == scout.as_uri()


def test_a_file_of_nobody_has_no_findings(client: Client, folder: Path) -> None:
    assert client.open(folder / "README.md", "---\nfoo: [\n---\n") == []


def test_a_closed_file_has_no_findings_left(client: Client, scout: Path) -> None:
    client.change(scout, BROKEN, version=60)
    assert client.diagnostics(scout)
    client.tell("textDocument/didClose", {"textDocument": {"uri": scout.as_uri()}})
    assert client.diagnostics(scout) == []


def test_an_editor_that_goes_away_takes_the_server_with_it(folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "personae", "lsp"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    process.communicate(b"", timeout=30)
    assert process.returncode == 0


def test_without_its_package_the_command_says_which_extra_brings_it(folder: Path) -> None:
    code = "import sys; sys.modules['lsprotocol'] = None; from personae.cli import main; main(['lsp'])"
    ran = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=30)

    assert (ran.returncode, ran.stderr) == (
        2,
        "Error: personae lsp needs the package lsprotocol, which this install does not have\n"
        "  pip install 'personae[lsp]' brings it.\n",
    )
