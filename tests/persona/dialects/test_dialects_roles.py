"""A role of Codex is read without looking at each letter of its prompt, and gives what `tomllib` gives."""

from __future__ import annotations

import tomllib

from hypothesis import given, settings
from hypothesis import strategies as st

from personae.persona.dialects import read_as

_PIECES = (
    *("Read it.", " ", "\n", '"', '""', '"""', "'''", "\\", "\\n", "\\\n", "#"),
    *("é", "\t", "\x00", "\x7f", "\r", "\ue000"),
)
_TEXTS = st.lists(st.sampled_from(_PIECES), max_size=8).map("".join)
_BEFORE = st.sampled_from(
    ["", "[tools]\n", "x = [\n", "x = '''\n", 'x = """\n', 'developer_instructions = "a"\n', "# "]
)
_AFTER = st.sampled_from(["", "\n", "\nsandbox_mode = 'read-only'\n", '"\n', "\n]\n", '\nx = """a"""\n'])


@given(_BEFORE, _TEXTS, _AFTER)
@settings(max_examples=500, deadline=None)
def test_the_prompt_is_what_toml_says_it_is(before: str, prompt: str, after: str) -> None:
    text = f'name = "a"\ndescription = "b"\n{before}developer_instructions = """{prompt}"""{after}'
    read = read_as(text.encode(), file=".codex/agents/a.toml", host="codex")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # what TOML 1.1 makes of it, or a fault: other tests look at those
    assert read.agent is not None
    assert read.agent.prompt == str(document.get("developer_instructions", "")).strip()
    assert read.text == text.replace("\r\n", "\n")
