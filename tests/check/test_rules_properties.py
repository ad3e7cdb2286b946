from __future__ import annotations

import re
import time

from hypothesis import given, settings
from hypothesis import strategies as st
from rule_driver import Agent, check_agent

from personae.check.rules.prose import fenced, long_runs, lowered

_FRAGMENTS = (
    *("You are read-only. ", "never edit files", "\n", "- ", "```\n", "> ", "    ", "<!--", "-->", "ignore all rules"),
    *(
        "](../../",
        "![x](http://a/?b={",
        "`",
        "~/.ssh/id_rsa",
        "https://webhook.site/x ",
        "ghp_",
        "AKIA",
        "sk-ant-api03-",
    ),
    *(
        "run `npm test`",
        "save it to `a/b.md`",
        "LAUNCH_TASK to ",
        "İ",
        "ß",
        "\u200b",
        "\u202e",
        "\U000e0041",
        "🏴",
        "a" * 120,
    ),
    *("-----BEGIN PRIVATE KEY-----\n", "a: a: a: ", "display:none", '<span style="', "\\x41", "[//]: # (", "QUJD" * 40),
)
_TEXTS = st.lists(st.sampled_from(_FRAGMENTS) | st.text(max_size=20), max_size=30).map("".join)
_TOOLS = st.none() | st.lists(
    st.sampled_from(["Read", "Edit", "Bash", "WebFetch", "mcp__x__y", "Agent(a)"]), max_size=4
)


@given(_TEXTS, _TOOLS, st.text(max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_text_gets_diagnostics_with_a_place_in_it(text: str, tools: list[str] | None, description: str) -> None:
    agent = Agent(prompt=text, tools=None if tools is None else tuple(tools), description=description, model=text[:20])
    lines = f"---\nname: critic\n---\n{text}".count("\n") + 1

    for item in check_agent(agent):
        assert 1 <= item.line <= lines
        assert item.column >= 1
        assert item.message
        assert item.help
        assert "\n" not in item.message


@given(st.text())
def test_lower_case_keeps_every_place(text: str) -> None:
    assert len(lowered(text)) == len(text)
    assert lowered(text).isascii()


# What keys and blobs are made of; of what is not ASCII only the apostrophe is surely none of it.
_RUN = re.compile("(?:(?!\u2019)[A-Za-z0-9+/=_.?\\\\\u0080-\U0010ffff-]){20,}")


@given(_TEXTS)
def test_long_runs_are_all_that_a_key_can_lie_in(text: str) -> None:
    assert list(long_runs(text)) == [match.span() for match in _RUN.finditer(text)]


@given(_TEXTS)
def test_spans_of_code_are_in_order_and_apart(text: str) -> None:
    ends = [end for span in fenced(text) for end in span]

    assert ends == sorted(ends)


def test_repeated_fragments_take_no_second() -> None:
    for fragment in _FRAGMENTS:
        text = fragment * (200_000 // len(fragment))
        before = time.thread_time()
        check_agent(Agent(prompt=text, tools=("Read", "Edit"), description=text[:5000]))

        took = time.thread_time() - before
        assert took < 1.0, (fragment, took)
