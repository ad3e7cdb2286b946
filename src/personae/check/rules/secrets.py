"""Keys and tokens by their makers' own shapes; a checksum or the randomness of the text decides."""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from personae.check.context import Context
from personae.check.rules.limits import at_most
from personae.check.rules.prose import long_runs
from personae.check.subject import Subject
from personae.errors import Diagnostic
from personae.persona.patterns import lazy

__all__ = ["secret"]

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_EXAMPLE = lazy(
    r"example|sample|dummy|fake|test|your|placeholder|redacted|xxxx|0000|1234567|abcdef|\*\*\*", re.IGNORECASE
)


def _has_checksum(token: str) -> bool:
    """GitHub and npm: the last six characters are the CRC-32 of the thirty before, in base 62."""
    body = token.rpartition("_")[2]
    number, digits = zlib.crc32(body[:-6].encode()), ""
    while number:
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    return digits.rjust(6, "0") == body[-6:]


def _is_random(token: str) -> bool:
    """Whether a token is as irregular as a generated one: documentation repeats and counts."""
    body = re.split(r"[-_:]", token)[-1] if len(re.split(r"[-_:]", token)[-1]) >= 16 else token
    counts = Counter(body)
    entropy = -sum(count / len(body) * math.log2(count / len(body)) for count in counts.values())
    return entropy >= min(3.3, math.log2(len(body)) * 0.75) and not _EXAMPLE.search(token)


def _is_key(token: str) -> bool:
    return "..." not in token and not _EXAMPLE.search(token)


class _Shape(NamedTuple):
    name: str
    hint: str
    """A part that every such key has; without it the text is not searched."""
    pattern: re.Pattern[str]
    is_real: Callable[[str], bool] = _is_random


def _shape(name: str, hint: str, pattern: str, is_real: Callable[[str], bool] = _is_random) -> _Shape:
    return _Shape(name, hint, lazy(rf"(?<![A-Za-z0-9_-]){pattern}(?![A-Za-z0-9_-])"), is_real)


# Shapes as their makers document them, November 2026.
_SHAPES = (
    _shape("an AWS access key", "AKIA", r"AKIA[A-Z2-7]{16}"),
    *(_shape("a GitHub token", f"gh{kind}_", rf"gh{kind}_[A-Za-z0-9]{{36}}", _has_checksum) for kind in "pousr"),
    _shape("a GitHub token", "github_pat_", r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    _shape("an npm token", "npm_", r"npm_[A-Za-z0-9]{36}", _has_checksum),
    _shape("a PyPI token", "pypi-AgE", r"pypi-AgE[A-Za-z0-9_-]{60,}"),
    _shape("an Anthropic key", "sk-ant-", r"sk-ant-(?:api|admin|oat)\d\d-[A-Za-z0-9_-]{80,}"),
    _shape("an OpenAI key", "T3BlbkFJ", r"sk-[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,}"),
    _shape("a Google API key", "AIza", r"AIza[A-Za-z0-9_-]{35}"),
    _shape("a Slack token", "xox", r"xox[abposr]-\d{9,}-[A-Za-z0-9-]{16,}"),
    _shape("a Slack webhook", "hooks.slack.com/services/", r"hooks\.slack\.com/services/T\w{8,}/B\w{8,}/\w{24}"),
    _shape("a Stripe key", "k_live_", r"[sr]k_live_[A-Za-z0-9]{24,}"),
    _shape("a GitLab token", "glpat-", r"glpat-[A-Za-z0-9_-]{20,}"),
    _shape("a Hugging Face token", "hf_", r"hf_[A-Za-z]{34}"),
    _shape("a SendGrid key", "SG.", r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    _shape("a DigitalOcean token", "dop_v1_", r"dop_v1_[0-9a-f]{64}"),
    _shape("an Azure storage key", "AccountKey=", r"AccountKey=[A-Za-z0-9+/]{86}=="),
    _shape(
        "a private key",
        "PRIVATE KEY-----",
        r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+(?:[A-Za-z-]+: [^\n]*\n\s*)*[A-Za-z0-9+/=\s]{100,}",
        _is_key,
    ),
)


@at_most
def secret(subject: Subject, context: Context) -> Iterator[Diagnostic]:
    """Yield each key or token that is no example."""
    text = subject.text
    words = "\n".join([text[start:end] for start, end in long_runs(text)])
    for shape in _SHAPES:
        # No key is shorter than a long run, and only the heading of a private key has a space in it.
        if shape.hint not in (words if " " not in shape.hint else text):
            continue
        for match in shape.pattern.finditer(text):
            if not shape.is_real(match.group()):
                continue
            line, column = subject.position(match.start())
            shown = f"{match.group()[:8].split()[0]}…"
            yield Diagnostic(
                rule="secret",
                severity="error",
                message=f"there is {shape.name} ({shown}); it goes to the model with every request",
                file=subject.file,
                line=line,
                column=column,
                found=shown,
                help="Revoke it now, since it is in the history, and let the tool that needs it read the environment.",
            )
