from __future__ import annotations

import pytest

from personae.check.settings import matches


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("a/b/c.md", "*.md", True),
        ("a/b/c.md", "a/*.md", False),
        ("a/b/c.md", "a/**", True),
        ("a/b/c.md", "a/**/c.md", True),
        ("a/c.md", "a/**/c.md", True),
        ("a/b/c.md", "b/", True),
        ("ab/c.md", "b/", False),
        ("a/b/c.md", "/a/b/c.md", True),
        ("unknown-key", "unknown-*", True),
        ("a[1].md", "a[1].md", True),
    ],
)
def test_a_star_stays_in_its_folder_and_two_do_not(name: str, pattern: str, expected: bool) -> None:
    assert matches(name, pattern) is expected
