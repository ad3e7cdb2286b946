"""`personae memory` as a user meets it."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from memory_samples import draft

from personae.cli.app import main
from personae.memory.book import append_entries, read_book

PERSONA = "---\nname: Scout\nrole: Scout\ntype: specialist\nmemory:\n  maxLines: 10\n---\nYou scout.\n"


@dataclass(frozen=True)
class Shell:
    """Runs the command in a project with one persona, `scout`."""

    folder: Path
    capture: pytest.CaptureFixture[str]

    @property
    def memory(self) -> Path:
        return self.folder / ".agents" / "scout" / "memory.md"

    def __call__(self, *arguments: str) -> tuple[object, str, str]:
        with pytest.raises(SystemExit) as caught:
            main(["memory", *arguments])
        said = self.capture.readouterr()
        return caught.value.code, said.out, said.err


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    shell = Shell(tmp_path, capsys)
    shell.memory.parent.mkdir(parents=True)
    (shell.memory.parent / "persona.md").write_text(PERSONA)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return shell


def test_what_is_added_is_shown_and_recalled(shell: Shell) -> None:
    assert shell("scout") == (0, "", ".agents/scout/memory.md is not there yet\n")
    code, id, said = shell("scout", "--add", "Invoices to Japan are in yen.", "--importance", "4")
    assert (code, said) == (0, "added to .agents/scout/memory.md\n")
    (entry,) = read_book(shell.memory).entries
    assert (entry.id, entry.source, entry.importance) == (id.strip(), "person", 4)
    day = f"{entry.date:%Y-%m-%d}"
    assert shell("scout") == (
        0,
        f"{entry.id}  {day}  4  person  Invoices to Japan are in yen.\n",
        "1 entry in .agents/scout/memory.md\n",
    )
    code, recalled, said = shell("scout", "--recall", "invoice")
    assert (code, recalled) == (0, f"- {day}: Invoices to Japan are in yen.\n")
    assert said.endswith(
        "  answers the question\n"
        "1 of 1 entry, by what they say, then how recent and how important they are, within 1,000 tokens; ~11 tokens\n"
    )


def test_text_may_come_from_standard_input(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("two\nlines\n"))
    assert shell("scout", "--add", "-")[0] == 0
    assert read_book(shell.memory).entries[0].text == "two\nlines"


def test_the_brain_remembers_without_any_persona(shell: Shell) -> None:
    assert shell("brain", "--add", "x")[2] == "added to .personae/memory/brain/memory.md\n"
    assert shell("writer", "--add", "x")[2] == "added to .personae/memory/writer/memory.md\n"


def test_a_replaced_entry_says_so(shell: Shell) -> None:
    old = draft("Invoices are in yen")
    append_entries(shell.memory, [old, draft("Invoices are in euro", replaces=old.id)])
    first, second = shell("scout")[1].splitlines()
    assert "reflection r-1, replaced" in first
    assert "replaced" not in second


def test_a_memory_that_is_too_long_says_what_to_do(shell: Shell) -> None:
    append_entries(shell.memory, [draft(f"fact number {n}") for n in range(20)])
    way_out = ".agents/scout/memory.md has 24 lines, more than 10: personae memory scout --compact\n"
    assert shell("scout")[2].endswith(way_out)
    assert shell("scout", "--add", "x")[2].endswith(way_out.replace("24", "25"))


def test_a_compaction_is_a_diff_until_it_has_a_yes(shell: Shell) -> None:
    assert shell("scout", "--compact")[2] == ".agents/scout/memory.md has 0 of at most 10 lines: nothing has to go\n"
    append_entries(shell.memory, [draft(f"fact number {n}") for n in range(20)])
    before = shell.memory.read_bytes()
    code, diff, said = shell("scout", "--compact")
    assert code == 0
    assert diff.startswith("--- a/.agents/scout/memory.md\n+++ b/.agents/scout/memory.md\n@@ ")
    assert said.endswith("15 entries may go: 24 lines become 9\nNothing was written. Write it with --compact --yes.\n")
    assert shell.memory.read_bytes() == before
    code, _, said = shell("scout", "--compact", "--yes")
    assert said.endswith("15 entries may go: 24 lines become 9\nchanged .agents/scout/memory.md\n")
    assert read_book(shell.memory).lines == 9


def test_what_people_wrote_is_not_proposed(shell: Shell) -> None:
    shell.memory.write_text("- mine\n" * 20)
    assert shell("scout", "--compact", "--yes")[2] == (
        ".agents/scout/memory.md has 20 lines, at most 10 are wanted, and people wrote all of them\n"
    )


@pytest.mark.parametrize("arguments", [(), ("--recall", "x"), ("--add", "x"), ("--compact",)])
def test_json_is_data_and_nothing_else(shell: Shell, arguments: tuple[str, ...]) -> None:
    append_entries(shell.memory, [draft(f"fact number {n}") for n in range(20)])
    assert json.loads(shell("scout", "--json", *arguments)[1])


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("scuot",), 2, "Error: unknown persona 'scuot'\n  Did you mean 'scout'?\n"),
        (
            ("scout", "--add", "x", "--compact"),
            2,
            "Error: --recall, --add and --compact do different things\n  Give one of them.\n",
        ),
        (("scout", "--yes"), 2, "Error: --yes goes with --compact\n  personae memory scout --compact --yes\n"),
        (("scout", "--add", " "), 2, "Error: there is nothing to remember: the text is empty\n"),
    ],
)
def test_wrong_use_is_refused(shell: Shell, arguments: tuple[str, ...], code: int, said: str) -> None:
    assert shell(*arguments) == (code, "", said)
    assert not shell.memory.exists()


def test_a_memory_that_is_no_text_is_shown_as_a_diagnostic(shell: Shell) -> None:
    shell.memory.write_bytes(b"\x00")
    code, _, said = shell("scout")
    assert said.startswith("Error: ")
    assert "there is a NUL byte: this is not a text file\n  Save it as UTF-8.\n" in said
    assert shell("scout", "--add", "x")[0] == 6
    assert code == 6


def test_a_persona_whose_file_is_broken_says_where(shell: Shell) -> None:
    (shell.memory.parent / "persona.md").write_text("---\nefort: 1\n---\n")
    code, _, said = shell("scout")
    assert code == 6
    assert ".agents/scout/persona.md:2:1" in said


def test_a_memory_that_leaves_its_folder_is_refused(shell: Shell) -> None:
    shell.memory.symlink_to(shell.folder / "elsewhere.md")
    code, _, said = shell("scout", "--add", "x")
    assert code == 1
    assert said.startswith("Error: cannot keep memory in .agents/scout/memory.md: it leaves the persona's own folder\n")
    assert not (shell.folder / "elsewhere.md").exists()
