"""Slugs: file names on every system."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personae.persona import slug as slugs


@pytest.mark.parametrize("slug", ["a", "gtm-lead", "2nd_reader", "a-", "a" * 64, "console", "com10", "conman"])
def test_a_slug_is_accepted(slug: str) -> None:
    assert slugs.problem(slug) is None


@pytest.mark.parametrize(
    ("slug", "reason"),
    [
        ("", "it is empty"),
        ("a" * 65, "it has 65 characters, at most 64 are allowed"),
        ("Reviewer", "only a-z, 0-9, `-` and `_` are allowed, starting with a letter or digit"),
        ("-a", "only a-z, 0-9, `-` and `_` are allowed, starting with a letter or digit"),
        ("_a", "only a-z, 0-9, `-` and `_` are allowed, starting with a letter or digit"),
        ("a\n", "only a-z, 0-9, `-` and `_` are allowed, starting with a letter or digit"),
        ("a.b", "only a-z, 0-9, `-` and `_` are allowed, starting with a letter or digit"),
        ("ä", "only a-z, 0-9, `-` and `_` are allowed, starting with a letter or digit"),
        ("..", "only a-z, 0-9, `-` and `_` are allowed, starting with a letter or digit"),
        ("a/b", "only a-z, 0-9, `-` and `_` are allowed, starting with a letter or digit"),
        ("con", "Windows reserves this name for a device"),
        ("nul", "Windows reserves this name for a device"),
        ("com1", "Windows reserves this name for a device"),
        ("lpt9", "Windows reserves this name for a device"),
        ("skills", "`.agents/skills/` holds skills"),
        ("agents", "`.agents/agents/` holds other tools' agents"),
        ("readme", "`personas/README.md` is never read as a persona"),
        ("brain", "the brain is beneath every adoption and is no persona"),
    ],
)
def test_what_is_no_slug_is_told_why(slug: str, reason: str) -> None:
    assert slugs.problem(slug) == reason


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Inbox Triager", "inbox-triager"),
        ("  C'est la vie! ", "c-est-la-vie"),
        ("con", "con-persona"),
        ("__init__", "init"),
        ("日本語", "persona"),
        ("", "persona"),
    ],
)
def test_the_nearest_slug_is_suggested(text: str, slug: str) -> None:
    assert slugs.suggest(text) == slug


@settings(deadline=None)
@given(st.text() | st.from_regex(slugs.PATTERN, fullmatch=True))
def test_a_suggestion_is_always_a_slug(text: str) -> None:
    assert slugs.problem(slugs.suggest(text)) is None
