from __future__ import annotations

import copy
import re

import pytest

from personae.persona.patterns import lazy


def test_a_lazy_pattern_does_what_a_compiled_one_does() -> None:
    pattern = lazy(r"(?P<word>[a-z]+)", re.IGNORECASE)

    assert [match["word"] for match in pattern.finditer("One two")] == ["One", "two"]
    assert pattern.sub("x", "One two") == "x x"
    assert pattern.search("12", 1) is None
    assert pattern.pattern == r"(?P<word>[a-z]+)"
    assert lazy(rb"\xe2").search(b"a\xe2") is not None


def test_it_is_compiled_once_and_only_when_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    real = re.compile

    def noted(pattern: str, flags: int) -> re.Pattern[str]:
        compiled.append(pattern)
        return real(pattern, flags)

    monkeypatch.setattr(re, "compile", noted)

    pattern = lazy("a")
    assert compiled == []
    assert pattern.match("a")
    assert pattern.search("ba")
    assert compiled == ["a"]


def test_a_wrong_pattern_raises_on_its_first_use() -> None:
    pattern = lazy("(")

    with pytest.raises(re.error):
        pattern.search("")


def test_a_copy_works_too() -> None:
    assert copy.copy(lazy("a")).search("a") is not None
