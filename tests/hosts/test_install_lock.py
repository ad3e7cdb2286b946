"""The lock: it reads back as it was written, and no entry in it, whoever wrote it, reaches a file of others."""

from __future__ import annotations

import json
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personae.errors import InvalidFileError
from personae.hosts.install.lock import ANY, Entry, Lock, Wish, digest, parse_lock, path_problem, render_lock
from personae.hosts.ledger import LIMITS

SHA = digest(b"x")
LOCK = Lock(
    wishes=MappingProxyType({"claude": Wish(), "codex": Wish(personas=("a", "b"), allow=(("*", ("tools",)),))}),
    files=MappingProxyType({".claude/agents/a.md": Entry(hosts=("claude",), persona="a", sha256=SHA)}),
)


def wrong(text: str | bytes) -> list[str]:
    with pytest.raises(InvalidFileError) as caught:
        parse_lock(text.encode() if isinstance(text, str) else text)
    assert caught.value.help
    return [f"{item.field}: {item.message}" if item.field else item.message for item in caught.value.diagnostics]


def with_path(path: str) -> str:
    entry = {"hosts": ["claude"], "persona": "a", "sha256": SHA}
    return json.dumps({"version": 1, "hosts": {}, "files": {path: entry}})


def test_a_lock_has_one_line_per_host_and_file_for_version_control_to_merge() -> None:
    assert render_lock(LOCK).decode() == (
        '{\n  "version": 1,\n'
        '  "hosts": {\n    "claude": {"personas": "all"},\n'
        '    "codex": {"personas": ["a", "b"], "allow": {"*": ["tools"]}}\n  },\n'
        '  "files": {\n'
        f'    ".claude/agents/a.md": {{"hosts": ["claude"], "persona": "a", "sha256": "{SHA}"}}\n  }}\n}}\n'
    )


SLUGS = st.sampled_from(["alpha", "beta", "gamma-2", "delta_3", "0"])
WISHES = st.builds(
    Wish,
    personas=st.none() | st.lists(SLUGS, max_size=3, unique=True).map(tuple),
    allow=st.dictionaries(
        SLUGS | st.just(ANY), st.lists(st.sampled_from(sorted(LIMITS)), max_size=2, unique=True).map(tuple), max_size=2
    ).map(lambda allowed: tuple(sorted(allowed.items()))),
)


@given(st.dictionaries(st.sampled_from(["claude", "codex", "grok"]), WISHES), st.lists(SLUGS, unique=True, max_size=5))
def test_what_is_written_reads_back(wishes: dict[str, Wish], slugs: list[str]) -> None:
    files = {f".grok/agents/{slug}.md": Entry(hosts=("grok",), persona=slug, sha256=SHA) for slug in slugs}
    lock = Lock(wishes=MappingProxyType(wishes), files=MappingProxyType(files))
    assert parse_lock(render_lock(lock)) == lock


@pytest.mark.parametrize(
    "path",
    [
        "../outside.md",
        ".claude/../../outside.md",
        ".claude/agents/../../README.md",
        "/etc/passwd",
        "C:/Users/x.md",
        "\\\\server\\share",
        ".claude\\agents\\x.md",
        ".claude//agents/x.md",
        "./.claude/x.md",
        "",
        ".",
        ".claude",
        "README.md",
        "src/main.py",
        ".git/hooks/pre-commit",
        ".github/workflows/ci.yml",
        ".agents/writer/persona.md",
        "personas/writer.md",
        ".personae/session.json",
        ".config/fish/config.fish",
        ".bashrc",
        ".claude/agents/x\x00.md",
    ],
)
def test_a_path_that_is_no_place_of_ours_is_refused(path: str) -> None:
    assert path_problem(path)
    (message,) = wrong(with_path(path))
    assert message.startswith(f"files.{path}: ")


@pytest.mark.parametrize(
    "path",
    [
        ".claude/agents/x.md",
        ".github/agents/x.agent.md",
        ".agents/skills/x/SKILL.md",
        ".config/opencode/agents/x.md",
        ".gemini/config/agents/x.md",
        "AGENTS.md",
    ],
)
def test_a_place_of_a_host_is_fine(path: str) -> None:
    assert path_problem(path) == ""
    assert list(parse_lock(with_path(path).encode()).files) == [path]


@given(st.text(max_size=40))
def test_no_path_leaves_the_root(path: str) -> None:
    if not path_problem(path):
        assert not path.startswith("/")
        assert ".." not in path.split("/")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<<<<<<< HEAD\n{}", "it is not JSON"),
        (b"\xff", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "it is no lock file"),
        ('{"version": 2, "hosts": {}, "files": {}}', "it has version 2, and this personae knows 1"),
        ('{"version": 1, "hosts": [], "files": {}}', "hosts: a map of hosts is expected"),
        ('{"version": 1, "hosts": {}, "files": []}', "files: a map of files is expected"),
        ('{"version": 1, "hosts": {"emacs": {"personas": "all"}}, "files": {}}', "hosts.emacs: there is no host"),
        ('{"version": 1, "hosts": {"claude": {"personas": "some"}}, "files": {}}', "hosts.claude: personas is"),
        ('{"version": 1, "hosts": {"claude": {"personas": ["../x"]}}, "files": {}}', "hosts.claude: a persona"),
        (
            '{"version": 1, "hosts": {"claude": {"personas": [], "allow": {"*": ["x"]}}}, "files": {}}',
            "hosts.claude: allow",
        ),
        (
            '{"version": 1, "hosts": {"claude": {"personas": [], "allow": {"../x": []}}}, "files": {}}',
            "hosts.claude: a persona",
        ),
        (
            '{"version": 1, "hosts": {}, "files": {"AGENTS.md": {"hosts": ["claude"]}}}',
            "files.AGENTS.md: hosts, persona",
        ),
    ],
)
def test_a_broken_lock_says_where_and_how_to_get_out(text: str | bytes, message: str) -> None:
    assert wrong(text)[0].startswith(message)


def test_everything_wrong_is_said_in_one_go() -> None:
    text = '{"version": 0, "hosts": {"emacs": {}}, "files": {"../x": {}}}'
    assert [message.partition(":")[0] for message in wrong(text)] == ["version", "hosts.emacs", "files.../x"]
