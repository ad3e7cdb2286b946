"""What must work on every system: paths, reserved names, and no module that only POSIX has."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from personae.persona.model import Home
from personae.persona.parse import home_of, parse

SOURCE = Path(__file__).parents[2] / "src"
POSIX_ONLY = ["fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "posix_ipc", "syslog", "readline", "curses"]
TEXT = "---\nkind: persona\nname: {slug}\n---\nYou review.\n"
DEVICES = ["con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10))]


@pytest.mark.parametrize(
    ("path", "home"),
    [
        (r"C:\work\.agents\gtm-lead\persona.md", (Home.AGENTS, "gtm-lead")),
        (r".agents\gtm-lead\persona.md", (Home.AGENTS, "gtm-lead")),
        (r"\\server\share\personas\reviewer.md", (Home.PERSONAS, "reviewer")),
        (r"personas\reviewer.md", (Home.PERSONAS, "reviewer")),
        (r"personas/reviewer.md", (Home.PERSONAS, "reviewer")),
        (r"C:\personas\notes.txt", None),
        (r"C:personas", None),
        (r"personas\sub\reviewer.md", None),
    ],
)
def test_a_windows_path_has_its_home(path: str, home: tuple[Home, str] | None) -> None:
    assert home_of(PureWindowsPath(path)) == home


def test_a_backslash_is_a_letter_elsewhere() -> None:
    assert home_of(PurePosixPath(r"personas\reviewer.md")) is None


@pytest.mark.parametrize("device", DEVICES)
def test_the_name_of_a_device_is_no_slug_on_any_system(device: str) -> None:
    home, slug = home_of(PureWindowsPath(rf"personas\{device}.md")) or pytest.fail("no home")
    parsed = parse(TEXT.format(slug=slug).encode(), file=f"personas/{device}.md", home=home, slug=slug)
    (item,) = parsed.diagnostics
    assert str(item) == (
        f"Error: personas/{device}.md:1:1\n"
        f"  the file's name {device!r} is not a slug: Windows reserves this name for a device\n"
        f"  Rename it to '{device}-persona'."
    )


def test_a_device_in_capitals_is_no_slug_either() -> None:
    assert parse(TEXT.format(slug="CON").encode(), file="x", home=Home.PERSONAS, slug="CON").persona is None


@pytest.mark.parametrize(
    "path", ["..\\x.md", "a\\..\\..\\x.md", "C:x.md", "C:\\x.md", "\\x.md", "\\\\s\\x\\y.md", "a\\", "~\\x"]
)
def test_memory_stays_in_its_folder_on_windows_too(path: str) -> None:
    text = TEXT.format(slug="reviewer").replace("---\nYou", f"memory: '{path}'\n---\nYou")
    (item,) = parse(text.encode(), file="x", home=Home.PERSONAS, slug="reviewer").diagnostics
    assert item.rule == "path-leaves-folder"


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
def test_line_ends_of_every_system_make_the_same_persona(ending: str) -> None:
    text = TEXT.format(slug="reviewer")
    ours = parse(text.encode(), file="x", home=Home.PERSONAS, slug="reviewer").persona
    theirs = parse(text.replace("\n", ending).encode(), file="x", home=Home.PERSONAS, slug="reviewer").persona
    assert ours is not None
    assert theirs == ours


def run_without(hidden: list[str], code: str) -> object:
    """Run `code` where importing any of `hidden` fails, and return what it prints as JSON."""
    hide = f"import sys\nsys.modules.update(dict.fromkeys({hidden!r}))\n"
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", hide + code],
        env={"PYTHONPATH": str(SOURCE), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


GOOD = TEXT.format(slug="reviewer").replace("---\nYou", 'heartbeats: [{cron: "0 9 * * 1", prompt: p}]\n---\nYou')
BROKEN = [
    f"---\nkind: persona\nname: reviewer\n{keys}\n---\n"
    for keys in ("efort: 1", "role: a: b", "tools: [a", "x: &a [*a]", f"x: {'[' * 99}", "a\x07: b", "cron: \x85x")
]
PARSE = f"""
import json
from pathlib import PureWindowsPath
import yaml
from personae.persona import edit, schema, store
from personae.persona.parse import home_of, parse
from personae.persona.render import render
home, slug = home_of(PureWindowsPath(r"C:\\w\\personas\\reviewer.md"))
said = []
for text in {BROKEN!r}:
    said += map(str, parse(text.encode(), file="x", home=home, slug=slug).diagnostics)
good = parse({GOOD!r}.encode(), file="x", home=home, slug=slug)
print(json.dumps([render(good.persona), said, yaml.__with_libyaml__]))
"""


def test_files_are_read_where_posix_modules_are_missing() -> None:
    assert run_without(POSIX_ONLY, PARSE) == run_without([], PARSE)


def test_files_are_read_without_libyaml_and_with_the_same_rules() -> None:
    """Some platforms have no binary build of PyYAML; its own parser words some syntax errors in its own way."""
    with_it, without_it = run_without([], PARSE), run_without(["yaml._yaml", "_yaml"], PARSE)
    assert isinstance(with_it, list)
    assert isinstance(without_it, list)
    assert (with_it[2], without_it[2]) == (True, False)
    assert without_it[0] == with_it[0]
    assert [item.split("\n")[0] for item in without_it[1]] == [item.split("\n")[0] for item in with_it[1]]
