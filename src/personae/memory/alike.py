"""Whether one note says what another says already. Strict: a note kept twice costs less than a fact lost."""

from __future__ import annotations

from collections.abc import Iterable

from personae.memory.entry import Entry
from personae.memory.words import LIGHT, words

__all__ = ["gist", "said_already"]

_TURN = "but cannot except former formerly if instead longer never no none not only stopped unless until without"
_TURNING = frozenset(_TURN.split())
"""What follows one of these may turn the meaning of what stands before it."""
_FEWEST = 3


def gist(text: str) -> str:
    """Return the words of `text` that carry its meaning, in order, without case, marks and plurals."""
    return " ".join(_singular(word) for word in words(text) if word not in LIGHT)


def said_already(new: str, known: Iterable[tuple[str, Entry]]) -> Entry | None:
    """Return the entry that says all that the text `new` says, if there is one; `known` are entries with their gist.

    Its words are the same in the same order, or the same with more around them, none of which turns their meaning.
    """
    wanted = gist(new)
    long_enough = wanted.count(" ") + 1 >= _FEWEST
    for said, entry in known:
        if said == wanted and (wanted or entry.text == new):
            return entry
        if long_enough and f" {wanted} " in f" {said} ":
            before, _, after = f" {said} ".partition(f" {wanted} ")
            if not any(word in _TURNING or "n't" in word for word in (*before.split(), *after.split())):
                return entry
    return None


def _singular(word: str) -> str:
    word = word.replace("’", "'").removesuffix("'s")
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
