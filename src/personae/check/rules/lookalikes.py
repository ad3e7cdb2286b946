"""Descriptions that nobody could choose by: two that say the same of two different agents."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from personae.check.context import Context
from personae.check.rules.prose import say
from personae.check.subject import PERSONA, Subject
from personae.errors import Diagnostic, Place
from personae.persona.patterns import lazy

__all__ = ["lookalike_description", "telling_words"]

_WORD = lazy(r"[^\W_]+(?:[+#]+)?")
# What every description has; a chooser learns nothing from it.
_COMMON_WORDS = """
a able about advanced agent ai all an and any anything are as ask asked assistant at based be best by call can
code common comprehensive covering each effective efficient ensure etc every excellent experience experienced
expert expertise for from generate give given good great has have help helping helps high highly immediately in
including intelligent into invoke is it its job knowledge leading level like make manage may more most must need
needed needs new of on or other our perform practice proactively professional provide providing quality related
relevant require required role senior should skilled so solid some specialist specialize specialized
specializing strong such support task team that the their them then these they this those to tool top up use
used user uses using various very want way we well when whenever where which while who whose will with within
work world you your
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_SUFFIXES = ("isations", "isation", "ations", "ation", "ings", "ing", "ers", "er", "ies", "es", "ed", "s", "e")
_FEWEST = 2
_MOST_COMPARED = 2_000
_ALIKE = 0.85


class _Choice(NamedTuple):
    """One agent as a chooser sees it."""

    name: str
    file: str
    line: int
    column: int
    words: frozenset[str]
    subject: Subject | None


def telling_words(description: str) -> frozenset[str]:
    """Return the stems of the words that tell this description from others: no order, no filler, no inflection."""
    return frozenset(_stem(word) for word in _WORD.findall(description.casefold()) if word not in _COMMON)


@lru_cache(maxsize=16_384)
def _stem(word: str) -> str:
    word = word.replace("iz", "is").replace("yz", "ys").replace("our", "or")
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word[: -len(suffix)]
    return word


def lookalike_description(subjects: Sequence[Subject], context: Context) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each description that cannot be told from an earlier one in the same choice."""
    for group in _groups(subjects, context):
        first_with: dict[frozenset[str], _Choice] = {}
        rest: list[_Choice] = []
        for choice in group:
            twin = first_with.setdefault(choice.words, choice)
            if twin is choice:
                rest.append(choice)
            elif twin.name != choice.name:
                yield from _alike(choice, twin)
        if len(rest) <= _MOST_COMPARED:
            for choice, twin in _misspelled(rest):
                yield from _alike(choice, twin)


def _groups(subjects: Sequence[Subject], context: Context) -> Iterable[list[_Choice]]:
    """Who is offered side by side: all personas of a project; the agents of one folder of a host."""
    groups: dict[tuple[str, str], list[_Choice]] = defaultdict(list)
    for subject in subjects:
        description = say(subject)
        name = subject.persona.name if subject.persona else subject.agent.name if subject.agent else None
        words = telling_words(description) if description and name else frozenset()
        if len(words) < _FEWEST or "deprecated" in description[:40].casefold():
            continue
        line, column = subject.place("description")
        where = "" if subject.dialect == PERSONA else subject.path.parent.as_posix()
        if subject.dialect == "skill":
            where = subject.path.parent.parent.as_posix()
        groups[subject.dialect, where].append(_Choice(name or "", subject.file, line, column, words, subject))
    ours = groups.get((PERSONA, ""))
    if ours:
        own = {choice.name for choice in ours}
        for persona in context.personas.values():
            if persona.name not in own and persona.description:
                words = telling_words(persona.description)
                file = persona.source.file if persona.source else persona.name
                ours.insert(0, _Choice(persona.name, file, 1, 1, words, None))
    return groups.values()


def _misspelled(choices: Sequence[_Choice]) -> Iterator[tuple[_Choice, _Choice]]:
    """Yield pairs that differ in one word each, which is the same word spelled or inflected otherwise."""
    # By the sum of the words that remain: making the set that remains for each word takes as long as all else here.
    without: dict[int, list[tuple[_Choice, str]]] = defaultdict(list)
    for choice in choices:
        if not _FEWEST < len(choice.words) <= 40:
            continue
        total = sum(map(hash, choice.words))
        for word in choice.words:
            same = without[total - hash(word)]
            for twin, other in same:
                # Of one length, or it is another word: Angular and AngularJS.
                if (
                    len(other) == len(word) > 5
                    and word.isalpha()
                    and other.isalpha()
                    and choice.words - {word} == twin.words - {other}
                    and difflib.SequenceMatcher(None, word, other).ratio() >= _ALIKE
                ):
                    yield choice, twin
            same.append((choice, word))


def _alike(choice: _Choice, twin: _Choice) -> Iterator[Diagnostic]:
    if choice.subject is None:
        choice, twin = twin, choice
    if choice.subject is None:
        return
    yield Diagnostic(
        rule="lookalike-description",
        severity="warning",
        message=f"nobody can tell {choice.name!r} from {twin.name!r} by their descriptions",
        file=choice.file,
        line=choice.line,
        column=choice.column,
        field="description",
        help='Say what only this one does, then "Use when" and the situation; or delete one of the two.',
        related=(
            Place(file=twin.file, line=twin.line, column=twin.column, message=f"the description of {twin.name!r}"),
        ),
    )
