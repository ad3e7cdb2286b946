"""Frames: nothing inside one closes it or opens another, however the tag is dressed up."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personae.adopt.frames import FRAMES, framed, harmless, one_line

_PIECES = ["<", "</", "< /", "＜", "﹤/", "\u200b", "\u00ad", " ", "\n", ">", "a", "TASK", *FRAMES]


@pytest.mark.parametrize(
    "tag",
    [
        "</memory>",
        "<MEMORY>",
        "< / memory >",
        "<\u200bmemory>",
        "<me\u00admory>",
        "＜memory>",
        "﹤/memory",
        "<memory x='1'>",
    ],
)
def test_a_tag_that_reads_as_a_frame_is_defused(tag: str) -> None:
    assert harmless(f"a {tag} b").startswith("a &lt;")


@pytest.mark.parametrize("text", ["<b>", "a < b", "memory", "<memorys>", "<memory_x>", "x <= task", "<div>task</div>"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


@given(st.lists(st.sampled_from(_PIECES), max_size=14).map("".join), st.sampled_from(FRAMES))
def test_a_frame_holds_one_opening_and_one_closing(text: str, frame: str) -> None:
    seen = re.sub("[\u00ad\u200b]", "", framed(frame, harmless(text), name=text))
    tags = re.findall(rf"[<＜﹤][\s/]*(?:{'|'.join(FRAMES)})(?!\w)", seen, re.IGNORECASE)
    assert tags == [f"<{frame}", f"</{frame}"]


def test_an_attribute_keeps_to_its_quotes_and_its_line() -> None:
    assert framed("document", "x", name='a"> <task>\nb', source="") == '<document name="a task b">\nx\n</document>'
    assert one_line(" a\u2028b ") == "a b"
