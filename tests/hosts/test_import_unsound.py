"""Files that their host gives up: what can be read is read, what was done to it is said, and nothing is made up."""

from __future__ import annotations

import codecs
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from import_samples import imported, said

from personae.hosts.imports.batch import Options, Source, import_one
from personae.hosts.imports.reading import DIALECTS

CLAUDE = ".claude/agents/x.md"
SOUND = "---\nname: x\ndescription: Does X.\ntools: Read\n---\nYou are X.\n"

DIALOGUE = """\
---
name: test-runner
description: Use this agent to run tests. Examples:

<example>
Context: The user has changed code
user: "I have updated the login"
assistant: "Let me run the tests: all of them"
</example>
tools: Read, Bash
color: cyan
---
You run tests.
"""


def repairs(item: object) -> list[str]:
    return [change.because for change in said(item, "") if change.fate == "repaired"]  # type: ignore[arg-type]


def test_a_colon_in_a_description_is_quoted_for_hosts_that_do_not_do_so() -> None:
    item = imported(".grok/agents/x.md", SOUND.replace("Does X.", "Does X: and more."))
    assert item.persona is not None
    assert item.persona.description == "Does X: and more."
    assert item.persona.tools == ("read",)
    assert repairs(item) == ["values with a colon in them were put into quotes"]


def test_what_claude_code_repairs_by_itself_is_said_too() -> None:
    item = imported(CLAUDE, SOUND.replace("Does X.", "Does X: and more."))
    assert item.is_repaired
    assert item.persona is not None
    assert item.persona.tools == ("read",)


@pytest.mark.parametrize("word", ["false", '"false"', "no"])
def test_a_repair_or_a_quote_never_loses_a_limit(word: str) -> None:
    text = f"---\ndescription: a: b\nuser-invocable: {word}\ntools: [read]\n---\nYou.\n"
    item = imported("x.agent.md", text)
    assert item.persona is not None
    assert (item.persona.modes, item.persona.tools) == (("sub-agent",), ("read",))
    cursor = (
        f"---\nname: x\ndescription: a: b\nreadonly: {word.replace('false', 'true').replace('no', 'on')}\n---\nYou.\n"
    )
    item = imported(".cursor/agents/x.md", cursor)
    assert item.persona is not None
    assert not {"write", "edit", "shell"} & set(item.persona.tools or ("write",))


@pytest.mark.parametrize("limit", ["maxTurns: 7", "maxTurns: '7'"])
def test_numbers_stay_numbers_through_a_repair(limit: str) -> None:
    item = imported(CLAUDE, SOUND.replace("Does X.", f"Does X: more.\n{limit}"))
    assert item.persona is not None
    assert item.persona.max_steps == 7


def test_dialogue_over_several_lines_is_part_of_the_description_and_never_a_key() -> None:
    item = imported(CLAUDE, DIALOGUE)
    assert item.persona is not None
    assert item.persona.tools == ("read", "shell")
    assert item.persona.color == "cyan"
    assert 'assistant: "Let me run the tests: all of them"' in (item.persona.description or "")
    assert {change.field for change in item.changes} == {"", "name", "description", "prompt", "tools", "modes", "color"}
    assert repairs(item) == ["the frontmatter is no YAML; it was read key by key, by the keys that are known"]


def test_a_lost_frontmatter_never_becomes_an_agent_without_limits() -> None:
    """OpenCode takes the whole file for the prompt then, and lets the agent do everything."""
    text = "---\ndescription: [broken\npermission:\n  edit: deny\n---\nYou are X.\n"
    item = imported(".opencode/agents/x.md", text)
    assert item.status == "refused" or (item.persona is not None and item.persona.tools is not None)


def test_frontmatter_that_is_a_program_is_refused() -> None:
    item = imported(".opencode/agents/x.md", "---js\nmodule.exports = {}\n---\nYou are X.\n")
    assert (item.status, item.reason) == ("refused", "its frontmatter is a program")


@pytest.mark.parametrize(
    ("data", "repair"),
    [
        (codecs.BOM_UTF8 + SOUND.encode(), "a byte-order mark was taken off"),
        (SOUND.encode("utf-16"), "the file is UTF-16; it was read as such"),
        (SOUND.replace("You are", "You \x07are").encode(), "control characters were taken out"),
        (SOUND.encode().replace(b"You are X", b"You are \xff"), "bytes that are not UTF-8 were replaced by U+FFFD"),
    ],
)
def test_bytes_are_put_right_and_it_is_said(data: bytes, repair: str) -> None:
    item = imported(CLAUDE, data)
    assert item.persona is not None
    assert item.persona.tools == ("read",)
    assert repairs(item) == [repair]


def test_windows_line_ends_are_no_matter() -> None:
    assert imported(CLAUDE, SOUND.replace("\n", "\r\n")).text == imported(CLAUDE, SOUND).text


@pytest.mark.parametrize(
    ("path", "text", "status", "reason"),
    [
        (CLAUDE, "# A page\n", "left-alone", "there is no agent in it: it does not begin with frontmatter"),
        (CLAUDE, "---\nname: x\ndescription: X.\n---\n", "refused", "there is no prompt in it, neither below"),
        (CLAUDE, "---\ntitle: a page\n---\ntext\n", "left-alone", "there is no agent in it"),
        ("notes.md", "# Notes\n", "left-alone", "it is nobody's agent that is known"),
        (
            "personas/brain.md",
            SOUND.replace("name: x", "kind: persona\nname: brain"),
            "refused",
            "line 1: the file's name",
        ),
        ("personas/x.md", "---\nkind: opinion\n---\n", "left-alone", "skipped: it is a opinion, not a persona"),
        (".codex/agents/x.toml", "name = [", "refused", "line 1: "),
        (
            ".opencode/agents/x.md",
            "---\ndescription: X.\ndisable: true\n---\nYou.\n",
            "refused",
            "it is switched off (disable: true)",
        ),
        (
            "x.agent.md",
            "---\ndescription: X.\nuser-invocable: false\ndisable-model-invocation: true\n---\nYou.\n",
            "refused",
            "neither people nor agents may call it (user-invocable: false, disable-model-invocation: true)",
        ),
        (
            ".opencode/agents/x.md",
            '---\ndescription: X.\nprompt: "{file:./x.txt}"\n---\n',
            "refused",
            "its prompt is in another file ({file:./x.txt}); put the text below the frontmatter",
        ),
    ],
)
def test_what_is_no_agent_is_told_from_what_is_broken(path: str, text: str, status: str, reason: str) -> None:
    item = imported(path, text)
    assert item.status == status
    assert item.reason.startswith(reason)


def test_a_name_in_another_script_takes_the_file_s() -> None:
    item = imported(".claude/agents/reviewer.md", SOUND.replace("name: x", "name: 审查员"))
    assert item.slug == "reviewer"
    assert item.persona is not None
    assert item.persona.display_name == "审查员"


def test_the_report_cannot_speak_to_a_terminal() -> None:
    item = imported(CLAUDE, SOUND.replace("Does X.", '"Does \\e[2J\u202e X."'))
    assert all(change.was.isprintable() and change.now.isprintable() for change in item.changes)


@given(st.binary(max_size=400), st.sampled_from(DIALECTS))
def test_importing_is_total(data: bytes, host: str) -> None:
    for name in ("x.md", "x.toml", "x.yaml", "personas/x.md", ".agents/x/persona.md"):
        source = Source(path=PurePosixPath("/p", name), file=name, data=data)
        assert all(
            item.status in ("refused", "left-alone", "imported") for item in import_one(source, Options(host=host))
        )


PIECES = st.lists(
    st.sampled_from(
        [
            *(
                "---\n",
                "name: x\n",
                "description: a: b\n",
                "tools: Read, *\n",
                "tools: [",
                "permission:\n  edit: deny\n",
            ),
            *("\ttools: Bash\n", "<example>\nuser: hi\n", "maxTurns: 0\n", "model: [a, b]\n", "skills: {a: b}\n"),
            *(
                "emoji: '\U0001f916\U0001f916\U0001f916'\n",
                "color: 3\n",
                "You are X.\n",
                "heartbeat: x\n",
                "\x00",
                "\u2028",
            ),
        ]
    ),
    max_size=12,
).map("".join)


@given(PIECES, st.sampled_from(DIALECTS))
def test_importing_pieces_of_real_files_is_total_too(text: str, host: str) -> None:
    source = Source(path=PurePosixPath("/p/agents/x.md"), file="x.md", data=("---\n" + text).encode())
    for item in import_one(source, Options(host=host)):
        assert item.status != "imported" or item.persona is not None
