"""Who fits a task best, by the words of both (BM25, Robertson and Zaragoza 2009). Nobody is asked, nothing is read."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from personae.library.heads import Head

__all__ = ["ranked", "words_of"]

_WORD = re.compile(r"[^\W_]+")
_ENDINGS = ("ations", "ation", "ments", "ment", "ings", "ing", "ers", "er", "ies", "ied", "ed", "es", "s", "e", "y")
_SATURATION, _LENGTH = 1.2, 0.4
_STOP = frozenset(
    (  # noqa: SIM905 - words, to be read as a line of words
        "a an and any are as at be before by can do does for from has have how i if in into is it its me my of on one "
        "or our that the their them then there these this those to use used we what when where which who with you your"
    ).split()
)


def ranked(heads: Iterable[Head], task: str) -> list[Head]:
    """Return `heads`, the best for `task` first; those that no word speaks for follow by `order`, then by slug."""
    heads = sorted(heads, key=lambda head: (head.order is None, head.order or 0, head.slug))
    wanted = set(words_of(task))
    if not wanted:
        return heads
    texts = [_counted(head) for head in heads]
    scores = _scores(texts, wanted)
    return [head for _, _, head in sorted(zip([-score for score in scores], range(len(heads)), heads, strict=True))]


def words_of(text: str) -> list[str]:
    """Return the words of `text` that say something, without their endings."""
    return [_stem(word) for word in _WORD.findall(text.casefold()) if word not in _STOP]


def _counted(head: Head) -> Counter[str]:
    counts = Counter(words_of(head.line))
    # What somebody wrote for choosing says more than a sentence does.
    for text in (head.slug.replace("-", " "), head.display_name or "", *head.triggers):
        for word in words_of(text):
            counts[word] += 2
    return counts


def _scores(texts: Sequence[Counter[str]], wanted: Iterable[str]) -> list[float]:
    sizes = [text.total() for text in texts]
    mean = sum(sizes) / len(sizes) or 1.0
    scores = [0.0] * len(texts)
    for word in wanted:
        having = sum(1 for text in texts if word in text)
        weight = math.log(1 + (len(texts) - having + 0.5) / (having + 0.5))
        for at, text in enumerate(texts):
            if often := text[word]:
                bent = often + _SATURATION * (1 - _LENGTH + _LENGTH * sizes[at] / mean)
                scores[at] += weight * often * (_SATURATION + 1) / bent
    return scores


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word
