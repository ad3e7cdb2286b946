"""The words of a text, as memories are searched by them and compared."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["LIGHT", "query_words", "words"]

_WORD = re.compile(r"\w+(?:['’]\w+)?")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
"""Chinese and Japanese, which put no space between words."""

_LIGHT = """
a an and are as at be been being but by did do does for from had has have he her his how i if in into is it its me my of
on or our she so than that the their them then there these they this those to us was we were what when where which who
why will with would you your
"""
LIGHT = frozenset(_LIGHT.split())
"""English words that say nothing about what a text is about. Those that turn its meaning are not among them."""

_MOST_WORDS = 24


def words(text: str) -> list[str]:
    """Return the words of `text` in order, in lower case; where a script has no spaces, its pairs of characters."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    if not folded.isascii():
        folded = _UNSPACED.sub(_pairs, folded)
    return _WORD.findall(folded)


def query_words(text: str) -> list[str]:
    """Return the words to search for, each once: the longest, since those are the rarest, when there are many."""
    found = [word for word in dict.fromkeys(words(text)) if word not in LIGHT and any(map(str.isalnum, word))]
    return sorted(found, key=len, reverse=True)[:_MOST_WORDS]


def _pairs(found: re.Match[str]) -> str:
    run = found.group()
    return f" {' '.join(run[at : at + 2] for at in range(max(len(run) - 1, 1)))} "
