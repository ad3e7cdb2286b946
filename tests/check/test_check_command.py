"""`personae check` as its user meets it: what it prints where, and its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from personae.cli.app import main

SCOUT = "---\nkind: persona\nname: scout\n{}---\nLook for new releases of our tools, and say which of them break us.\n"


@dataclass(frozen=True)
class Result:
    exit_code: int
    stdout: str
    stderr: str


Ran = Callable[..., Result]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "project"
    (root / "personas").mkdir(parents=True)
    (root / "personae.toml").touch()
    (root / "personas" / "scout.md").write_text(SCOUT.format(""))
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def run(root: Path, capsys: pytest.CaptureFixture[str]) -> Ran:
    def check(*arguments: str) -> Result:
        with pytest.raises(SystemExit) as stop:
            main(["check", *arguments])
        printed = capsys.readouterr()
        assert isinstance(stop.value.code, int)
        return Result(stop.value.code, printed.out, printed.err)

    return check


def scout(root: Path, keys: str) -> Path:
    path = root / "personas" / "scout.md"
    path.write_text(SCOUT.format(keys))
    return path


@pytest.mark.parametrize(
    ("keys", "arguments", "code"),
    [
        ("", (), 0),
        ("tier: T9\n", (), 1),
        ("model: claude-3-opus\n", (), 0),
        ("model: claude-3-opus\n", ("--strict",), 1),
        ("tools: [read\n", (), 2),
        ("", ("--strict",), 0),
        ("", ("nowhere",), 2),
        ("", ("personae.txt",), 2),
        ("", ("--format", "xml"), 2),
        ("", ("--as", "emacs", "."), 2),
    ],
)
def test_the_exit_code_says_how_it_went(keys: str, arguments: tuple[str, ...], code: int, root: Path, run: Ran) -> None:
    scout(root, keys)
    (root / "personae.txt").touch()

    assert run(*arguments).exit_code == code


def test_a_file_that_cannot_be_parsed_counts_more_than_findings(root: Path, run: Ran) -> None:
    scout(root, "tier: T9\n")
    (root / "personas" / "broken.md").write_text("---\nkind: [\n---\n")

    assert run().exit_code == 2


def test_a_finding_comes_with_its_line_and_the_way_out(root: Path, run: Ran) -> None:
    scout(root, "effrot: high\n")

    ran = run()

    assert ran.stdout == (
        "error[unknown-key]: effrot: unknown key 'effrot'\n"
        " --> personas/scout.md:4:1\n"
        "  |\n"
        "4 | effrot: high\n"
        "  | ^^^^^^\n"
        "  = help: Did you mean effort?\n"
        "\n"
    )
    assert ran.stderr == "1 persona checked: 1 error\n"


def test_json_is_a_list_of_findings_with_their_repairs(root: Path, run: Ran) -> None:
    scout(root, "max_steps: 5\n")

    (item,) = json.loads(run("--json").stdout)

    assert item["rule"] == "unknown-key"
    assert (item["file"], item["line"], item["column"]) == ("personas/scout.md", 4, 1)
    assert item["fix"] == {"file": "personas/scout.md", "line": 4, "text": "maxSteps: 5"}


def test_agents_of_other_tools_are_counted_by_tool(root: Path, run: Ran) -> None:
    (root / ".claude" / "agents").mkdir(parents=True)
    (root / ".claude" / "agents" / "critic.md").write_text(
        "---\nname: critic\ndescription: Finds faults.\n---\nRead.\n"
    )

    assert run().stderr == "2 files (1 claude, 1 persona) checked: clean\n"


def test_a_file_that_is_nobodys_is_wrong_use(root: Path, run: Ran) -> None:
    (root / "notes.md").write_text("Nothing.\n")

    ran = run("notes.md")

    assert ran.exit_code == 2
    assert ran.stderr.startswith("Error: notes.md is not where a persona or an agent lives\n")


def test_the_same_file_can_be_read_as_an_agent_of_a_host(root: Path, run: Ran) -> None:
    (root / "notes.md").write_text("---\nname: notes\n---\nRead.\n")

    ran = run("--as", "claude", "notes.md")

    assert "error[claude-missing-key]" in ran.stdout
    assert "(1 claude)" in ran.stderr


def test_without_a_yes_a_repair_is_shown_and_not_made(root: Path, run: Ran) -> None:
    path = scout(root, "max_steps: 5\n")
    before = path.read_bytes()

    ran = run("--fix")

    assert "-max_steps: 5\n+maxSteps: 5\n" in ran.stderr
    assert "1 file would change, which needs a yes: personae check --fix --yes\n" in ran.stderr
    assert ran.exit_code == 1
    assert path.read_bytes() == before


def test_with_a_yes_one_line_changes(root: Path, run: Ran) -> None:
    path = scout(root, "max_steps: 5   # why not\n")
    before = path.read_bytes()

    ran = run("--fix", "--yes")

    assert path.read_bytes() == before.replace(b"max_steps", b"maxSteps")
    assert ran.stderr.endswith("changed 1 file\n1 persona checked: clean\n")
    assert ran.exit_code == 0


def test_a_baseline_lets_only_new_findings_fail(root: Path, run: Ran) -> None:
    scout(root, "tier: T9\n")
    assert run("--write-baseline", "known.json").stderr == "wrote 1 finding to known.json\n"

    assert run("--baseline", "known.json").exit_code == 0
    scout(root, "tier: T9\neffort: huge\n")
    ran = run("--baseline", "known.json")

    assert ran.exit_code == 1
    assert ran.stderr == "1 persona checked: 1 error; 1 in the baseline\n"


def test_the_project_names_its_baseline(root: Path, run: Ran) -> None:
    scout(root, "tier: T9\n")
    run("--write-baseline", "known.json")
    (root / "personae.toml").write_text('[check]\nbaseline = "known.json"\n')

    assert run().exit_code == 0
    scout(root, "")
    assert run().stderr == (
        "1 entry of known.json is no longer found: write it anew (--write-baseline)\n1 persona checked: clean\n"
    )


def test_a_baseline_that_is_none_is_wrong_use(root: Path, run: Ran) -> None:
    (root / "known.json").write_text("[]")

    assert run("--baseline", "known.json").exit_code == 2


def test_a_watch_checks_again_and_survives_what_it_finds(root: Path, run: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(paths: object) -> object:
        yield frozenset()
        scout(root, "tools: [read\n")
        yield frozenset(["personas/scout.md"])

    monkeypatch.setattr("personae.check.watch.changes", twice)

    ran = run("--watch", "--no-cache")

    assert "1 persona checked: clean\n" in ran.stderr
    assert "1 changed\n" in ran.stderr
    assert "error[invalid-yaml]" in ran.stdout


def test_all_of_somebodys_home_is_never_walked(root: Path, run: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(root))
    (root / "src" / ".claude" / "agents").mkdir(parents=True)
    (root / "src" / ".claude" / "agents" / "x.md").write_text("---\nname: x\n---\n")
    (root / ".claude" / "agents").mkdir(parents=True)
    (root / ".claude" / "agents" / "x.md").write_text("---\nname: x\n---\nRead.\n")

    assert run("--format", "concise").stdout.count("claude-missing-key") == 1


def test_an_unchanged_tree_is_answered_without_yaml_and_rules(root: Path) -> None:
    probe = (
        "import sys\n"
        "from personae.cli import main\n"
        "try:\n    main(['check'])\nexcept SystemExit:\n    pass\n"
        "print(sorted(name for name in sys.modules if name.split('.')[0] in ('yaml', 'jsonschema', 'pygls')"
        " or name.startswith(('personae.check.rules', 'personae.persona.dialects'))))\n"
    )
    time.sleep(0.1)
    runs = [
        subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]

    assert "'yaml'" in runs[0]
    assert "pygls" not in runs[0]
    assert runs[1] == "[]\n"
