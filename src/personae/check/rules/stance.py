"""Whether a stance says anything, whether its folders can be seen, whether it fits into its model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from personae.check.context import Context
from personae.check.models import find_model
from personae.check.rules.prose import Prose, is_negated, lines_with, prose_of
from personae.check.subject import PERSONA, Subject
from personae.errors import Diagnostic
from personae.persona.model import Persona
from personae.persona.patterns import lazy

__all__ = ["hidden_folder", "hollow_stance", "prompt_too_large"]

_LONGEST_HOLLOW = 400
_COMMENT = lazy(r"<!--.*?-->", re.DOTALL)
_WORD = lazy(r"[a-z0-9']+")
# Words that tell a model nothing: what every assistant is asked to be, and the glue between.
_EMPTY = """
a able about accurate act admin agent ai all always am an and answer answers any are as ask asked asks assist
assistance assistant assistants at be best bot by can careful chatbot class clear clearly concise do does ensure
everything excellent experienced expert for friendly give good great have help helpful helping helps high highly
honest i if in intelligent is it job just kind knowledgeable language large life-long llm make me model more
most my need needed needs never nice of on or our output persona please polite possible produce professional
prompt provide quality queries questions quickly requests respond responses role senior skilled smart so
specialist specialized super task tasked tasks that the their them they thing things to try us use user user's
users very want wants way we well what whatever when who will with work world you you're your
"""
_EMPTY_WORDS = frozenset(_EMPTY.split())
_PLACEHOLDER = lazy(
    r"\A\W*(?:todo|tbd|fixme|lorem ipsum\b.*|(?:write|add|insert|put|describe) (?:your |the )?"
    r"(?:instructions?|prompt|stance|system prompt|text|content) (?:here|below|later)|(?:system )?prompt goes here|"
    r"your (?:instructions|prompt) here|coming soon|placeholder|n/?a|xxx+|\.\.\.)\W*\Z",
    re.IGNORECASE | re.DOTALL,
)


def hollow_stance(subject: Subject, context: Context) -> Iterator[Diagnostic]:
    """Yield one diagnostic when the stance is a placeholder, or says no more than every model does by itself."""
    prose = prose_of(subject)
    if prose is None or subject.dialect == "crewai" or len(prose.text) > 2 * _LONGEST_HOLLOW:
        return
    shown = _COMMENT.sub(_blank, prose.text)
    text = shown.strip()
    start = len(shown) - len(shown.lstrip())
    if not text or len(text) > _LONGEST_HOLLOW:
        return
    if _PLACEHOLDER.match(text):
        message = f'the stance is a placeholder: "{_cut(text)}"'
    elif text.isascii() and _says_nothing(text, subject):
        message = f'the stance says nothing that a model would not do by itself: "{_cut(text)}"'
    else:
        return
    line, column = prose.place(start)
    yield Diagnostic(
        rule="hollow-stance",
        severity="warning",
        message=message,
        file=subject.file,
        line=line,
        column=column,
        help="Say what it does step by step, what it must refuse, and the exact form of its answer.",
    )


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _says_nothing(text: str, subject: Subject) -> bool:
    """Whether no word remains when empty ones, and those that its name and role say already, are gone."""
    own: set[str] = set()
    if subject.persona is not None:
        persona = subject.persona
        for part in (persona.name, persona.display_name, persona.role):
            own.update(_WORD.findall((part or "").lower()))
    elif subject.agent is not None:
        own.update(_WORD.findall((subject.agent.name or "").lower()))
    return all(word in _EMPTY_WORDS or word in own for word in _WORD.findall(text.lower()))


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"


# A folder counts as named where the stance sends the persona there, and where it exists.
_PLACE = lazy(r"(?<![\w/.:~-])(?:\./|/)?((?:[\w.-]+/)+)(?:[\w.*-]+)?(?![\w/])")
_ACCESS = lazy(
    r"\b(?:read|open|work in|works in|look (?:at|in|into|through)|check|list|search|scan|watch|edit|write|update|"
    r"land in|save|keep|put|move|file|tag|review|report on|go through|start (?:in|with))\b"
)


_NEAR = 200


def hidden_folder(subject: Subject, context: Context) -> Iterator[Diagnostic]:
    """Yield each folder of the project that the stance sends the persona to and `visibility: folder` hides."""
    persona = subject.persona
    if persona is None or persona.visibility != "folder" or persona.tools == ():
        return
    prose = prose_of(subject)
    if prose is None or "/" not in prose.text:
        return
    seen: set[str] = set()
    for line in lines_with(prose, "/"):
        for match in _PLACE.finditer(line.text):
            before = line.text[max(0, match.start() - _NEAR) : match.start()].rpartition(". ")[2]
            if not _ACCESS.search(before) or is_negated(before):
                continue
            # The line is in lower case; names of folders are not.
            start = line.start + match.start(1)
            folder = prose.text[start : start + len(match.group(1))].rstrip("/")
            if folder in seen or not _is_hidden(folder, persona, subject, context):
                continue
            seen.add(folder)
            yield _hidden(subject, prose, start, folder, persona)


def _is_hidden(folder: str, persona: Persona, subject: Subject, context: Context) -> bool:
    parts = PurePosixPath(folder).parts
    if not parts or parts[0] in (".", "..") or parts[:2] == (".agents", persona.name):
        return False
    own = subject.root / ".agents" / persona.name
    return context.exists(subject.root / folder) and not context.exists(own / folder)


def _hidden(subject: Subject, prose: Prose, start: int, folder: str, persona: Persona) -> Diagnostic:
    line, column = prose.place(start)
    return Diagnostic(
        rule="hidden-folder",
        severity="warning",
        message=f"the stance sends it to {folder}/, and visibility: folder shows it .agents/{persona.name}/ only",
        file=subject.file,
        line=line,
        column=column,
        found=folder,
        help="Write visibility: cabinet, or keep the files in its own folder.",
    )


def prompt_too_large(subject: Subject, context: Context) -> Iterator[Diagnostic]:
    """Yield one diagnostic when the stance alone cannot fit into the model it asks for."""
    # The smallest context known has 8,000 tokens, a word is at least one token and, with its space, two characters.
    if len(subject.text) < 16_000:
        return
    prose = prose_of(subject)
    model, field = _model_of(subject, context)
    if prose is None or model is None:
        return
    _, known = find_model(model, context.models)
    limit = known.context_tokens if known is not None else None
    # No tokenizer joins words, so there are at least as many tokens as words.
    words = len(prose.text.split())
    if limit is None or words <= limit:
        return
    line, column = subject.place(field) if field else (1, 1)
    yield Diagnostic(
        rule="prompt-too-large",
        severity="error" if subject.dialect == PERSONA else "warning",
        message=f"the stance has {words:,} words, and {model} takes {limit:,} tokens in all",
        file=subject.file,
        line=line,
        column=column,
        field=field,
        found=str(words),
        expected=f"at most {limit:,} tokens",
        help="Move long material into files the agent reads when it needs them, or ask for a larger model.",
    )


def _model_of(subject: Subject, context: Context) -> tuple[str | None, str]:
    if subject.persona is not None:
        if subject.persona.model is not None:
            return subject.persona.model, "model"
        return context.project.defaults.model if subject.persona.tier is None else None, ""
    return (subject.agent.model, "model") if subject.agent is not None else (None, "")
