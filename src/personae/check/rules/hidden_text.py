"""Text that a reviewer does not see and a model does: invisible characters, comments that give orders, blobs."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from personae.check.context import Context
from personae.check.rules.limits import at_most
from personae.check.rules.prose import in_code, long_runs, lowered, places_of
from personae.check.subject import Subject
from personae.errors import Diagnostic, Severity
from personae.persona.patterns import lazy

__all__ = ["encoded_blob", "hidden_instruction", "invisible_character"]

# U+200E and U+200F belong into Arabic and Hebrew, U+200C and U+200D into Persian, Hindi and emoji.
_SUSPECT = lazy(
    "[\u200b-\u200d\ufeff\u2060-\u2064\u202a-\u202e\u2066-\u2069\u180e\ufff9-\ufffb\U000e0000-\U000e007f\U000e0100-\U000e01ef]"
)
_FLAG = lazy("\U0001f3f4[\U000e0020-\U000e007e]{2,6}\U000e007f")
_RIGHT_TO_LEFT = lazy("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
# The same in UTF-8, where what is not ASCII is quickly told from the rest. F3 A0 begins every tag character and every
# supplementary variation selector.
_MAY_HIDE = lazy(
    rb"\xe2(?:\x80[\x8b-\x8d\xaa-\xae]|\x81[\xa0-\xa9])|\xe1\xa0\x8e|\xef(?:\xbb\xbf|\xbf[\xb9-\xbb])|\xf3\xa0"
)
_ASCII = bytes(range(128))
_NAMES = {
    "\u200b": "zero-width space",
    "\u2060": "word joiner",
    "\u200c": "zero-width non-joiner",
    "\u200d": "zero-width joiner",
    "\ufeff": "byte-order mark",
    "\u180e": "Mongolian vowel separator",
}
_MOST_COUNTED = 1_000
_LATIN = lazy(r"[A-Za-z0-9]")
_ROW = lazy("[\u200b-\u200d\u2060\ufeff]{4}")


def invisible_character(subject: Subject, context: Context) -> Iterator[Diagnostic]:
    """Yield one diagnostic per kind of invisible or direction-turning character, at its first place."""
    text = subject.text
    if text.isascii() or not _MAY_HIDE.search(text.encode("utf-8", "replace").translate(None, _ASCII)):
        return
    found: dict[str, list[int]] = {}
    in_flags = {index for match in _FLAG.finditer(text) for index in range(*match.span())}
    line_end, is_at_home = -1, False
    for match in _SUSPECT.finditer(text):
        index, kind = match.start(), _kind(match.group())
        if index in in_flags:
            continue
        if kind == "bidi":
            if index >= line_end:
                line_end, is_at_home = _line_of(text, index)
            if is_at_home:
                continue
        elif kind == "zero-width" and not _is_inside(text, index):
            continue
        found.setdefault(kind, []).append(index)
        if len(found[kind]) == _MOST_COUNTED:
            break
    for kind, places in found.items():
        yield _invisible(subject, kind, places)


def _kind(character: str) -> str:
    code = ord(character)
    if code >= 0xE0000:
        return "tag"
    if 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069:
        return "bidi"
    return "zero-width"


def _line_of(text: str, index: int) -> tuple[int, bool]:
    """Return where the line ends, and whether it has right-to-left letters, which may need direction marks."""
    first, last = text.rfind("\n", 0, index) + 1, text.find("\n", index)
    end = len(text) if last < 0 else last
    return end, _RIGHT_TO_LEFT.search(text, first, end) is not None


def _is_inside(text: str, index: int) -> bool:
    """Whether a zero-width character stands inside a Latin word, or in a row of four, which may carry a message.

    Elsewhere it is what pasting leaves, or keeps a fence inside a fence from closing it; and no Latin word needs one.
    """
    if _LATIN.match(text, index - 1, index) and _LATIN.match(text, index + 1):
        return True
    return _ROW.match(text, index) is not None


def _invisible(subject: Subject, kind: str, places: list[int]) -> Diagnostic:
    character = subject.text[places[0]]
    code = f"U+{ord(character):04X}"
    many = f", {len(places)} of them" if len(places) > 1 else ""
    severity: Severity = "error"
    if kind == "tag":
        message = f"there is invisible text in tag characters ({code}{many}): models read it, people cannot"
    elif kind == "bidi":
        message = (
            f"there is a character that turns the direction of text ({code}{many}): what is read is not what is shown"
        )
    else:
        severity = "warning"
        message = f"there is an invisible character ({_NAMES.get(character, 'format character')}, {code}{many})"
    line, column = subject.position(places[0])
    return Diagnostic(
        rule="invisible-character",
        severity=severity,
        message=message,
        file=subject.file,
        line=line,
        column=column,
        found=code,
        help="Remove it; an editor that shows hidden characters finds it at this column.",
    )


_REFERENCE_COMMENT = lazy(r"^\[[^\]\n]{0,200}\]: *(?:#|<>) *[(\"']([^\n]*)[)\"'] *$", re.MULTILINE)
_HIDDEN_ELEMENT = lazy(
    r"<(?P<tag>span|div|p)\b[^>]{0,200}(?:display: *none|visibility: *hidden|font-size: *0|opacity: *0)[^>]{0,200}>"
    r"(.{0,4000}?)</(?P=tag)>",
    re.DOTALL,
)
_ORDER = lazy(
    r"\b(?:ignore|disregard|forget|override|bypass)\b[^.\n]{0,30}\b(?:previous|prior|above|earlier|all|any|other|your|system)\b"
    r"[^.\n]{0,30}\b(?:instructions?|rules?|guidelines?|prompts?|restrictions?|policies)\b"
    r"|\b(?:do not|don't|never) (?:tell|inform|mention|reveal|disclose|alert|notify|show)\b[^.\n]{0,40}"
    r"\b(?:user|anyone|anybody|them|human|people|operator|this)\b"
    r"|\bwithout (?:telling|informing|asking|notifying|alerting|mentioning)\b"
    r"|\b(?:silently|secretly|quietly|covertly) "
    r"(?:send|post|upload|copy|run|execute|add|delete|forward|read|commit|push|include)\b"
    r"|\b(?:send|post|upload|forward|exfiltrate|transmit|leak|append)\b[^\n]{0,80}https?://"
    r"|\b(?:curl|wget|invoke-webrequest)\b[^\n]{0,80}https?://"
    r"|\b(?:read|cat|print|copy|include|open)\b[^\n]{0,40}(?:~/\.ssh|id_rsa|/etc/passwd|~/\.aws|\.env\b)"
    r"|\b(?:system (?:prompt|override|message)|new instructions) ?:"
    r"|^\s*(?:assistant|agent|model|ai|llm|claude|gpt|copilot)[,:] (?:you )?(?:must|should|always|never|please|now)\b"
    r"|\bnote to (?:the )?(?:agent|ai|assistant|model|llm|claude|gpt)\b"
)


@at_most
def hidden_instruction(subject: Subject, context: Context) -> Iterator[Diagnostic]:
    """Yield each comment or hidden element, outside code, that gives the model an order."""
    text = subject.text
    if "<!--" not in text and "]:" not in text and "style=" not in text:
        return
    for start, inner, what in _unseen(lowered(text)):
        order = _ORDER.search(" ".join(inner.split()))
        if order is None or in_code(text, start):
            continue
        line, column = subject.position(start)
        said = order.group()
        yield Diagnostic(
            rule="hidden-instruction",
            severity="error",
            message=f'{what} gives an order that only the model sees: "{said[:80]}"',
            file=subject.file,
            line=line,
            column=column,
            found=said,
            help="Delete it, or write it as plain text where a reviewer reads it.",
        )


def _unseen(low: str) -> Iterator[tuple[int, str, str]]:
    """Yield what is not shown when the text is rendered: where it begins, what it says, what it is."""
    start = low.find("<!--")
    while start >= 0:
        end = low.find("-->", start)
        if end < 0:
            break
        yield start, low[start + 4 : end], "a comment"
        start = low.find("<!--", end)
    if _may_refer(low):
        for match in _REFERENCE_COMMENT.finditer(low):
            yield match.start(), match[1], "a comment"
    if "style=" in low:
        for match in _HIDDEN_ELEMENT.finditer(low):
            yield match.start(), match[2], "a hidden element"


def _may_refer(low: str) -> bool:
    """Whether a `]:` is followed by what such a comment has there; nearly all are followed by something else."""
    following = (low[index + 2 : index + 40].lstrip(" ") for index in places_of(low, "]:"))
    return any(text[:1] in ("", "#", "<") for text in following)


_LONG = 100
_BASE64 = lazy(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{100,}={0,2}")
_HEX = lazy(r"(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{2}){50,}(?![0-9A-Za-z])|(?:\\x[0-9A-Fa-f]{2}){25,}")
_DATA_URI = lazy(r"data:(?:image|font|audio|video|application/(?:pdf|font))[\w/+.-]*;base64,$")
_PIPED = lazy(r"\bbase64 +(?:-d|-D|--decode)\b[^\n]{0,200}\|[^\n]{0,60}\b(?:bash|sh|zsh|python3?|node|perl|ruby)\b")
_MOSTLY = 0.9


@at_most
def encoded_blob(subject: Subject, context: Context) -> Iterator[Diagnostic]:
    """Yield each long run of base64 or hex that decodes to text, and each command that runs what it decodes."""
    text = subject.text
    if "base64" in text:
        for match in _PIPED.finditer(text):
            yield _blob(subject, match.start(), "a command decodes text and runs it", match.group()[:60], "error")
    runs = [(start, end) for start, end in long_runs(text) if end - start >= _LONG]
    for match in (match for run in runs for match in _BASE64.finditer(text, *run)):
        if _DATA_URI.search(text, max(0, match.start() - 60), match.start()):
            continue
        hidden = _decoded(match.group())
        if hidden is not None:
            message = f'{len(match.group()):,} characters of base64 hide the text "{hidden}"'
            yield _blob(subject, match.start(), message, match.group()[:40], "warning")
    for match in (match for run in runs for match in _HEX.finditer(text, *run)):
        hidden = _unhexed(match.group())
        if hidden is not None:
            message = f'{len(match.group()):,} characters of hex hide the text "{hidden}"'
            yield _blob(subject, match.start(), message, match.group()[:40], "warning")


def _decoded(blob: str) -> str | None:
    """Return the beginning of the text in `blob`, or None when it is no encoded text."""
    if not (any(c.isdigit() for c in blob) and any(c.isupper() for c in blob) and any(c.islower() for c in blob)):
        return None
    plain = blob.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        data = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return _text(data)


def _unhexed(blob: str) -> str | None:
    try:
        return _text(bytes.fromhex(blob.replace("\\x", "")))
    except ValueError:
        return None


def _text(data: bytes) -> str | None:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    readable = sum(character.isprintable() or character in "\n\t" for character in text)
    letters = sum(character.isalpha() or character == " " for character in text)
    if readable < len(text) * _MOSTLY or letters < len(text) * 0.6 or " " not in text:
        return None
    line = " ".join(text.split())
    return f"{line[:40]}…" if len(line) > 40 else line


def _blob(subject: Subject, index: int, message: str, found: str, severity: Severity) -> Diagnostic:
    line, column = subject.position(index)
    return Diagnostic(
        rule="encoded-blob",
        severity=severity,
        message=message,
        file=subject.file,
        line=line,
        column=column,
        found=found,
        help="Write the text out, so that a reviewer can read it, or move the data into a file of its own.",
    )
