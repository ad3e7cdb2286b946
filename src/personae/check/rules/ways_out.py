"""Addresses that collect what is sent to them, and links and paths that leave the project."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from personae.check.context import Context
from personae.check.rules.at import at_field
from personae.check.rules.limits import at_most
from personae.check.rules.prose import holds_any, in_code, is_negated, lowered, places_of
from personae.check.subject import Subject
from personae.errors import Diagnostic, Severity
from personae.persona.patterns import lazy

__all__ = ["collecting_address", "credential_path", "link_leaves_project"]

# Services that show their owner every request they get: no agent has business there.
_COLLECTORS = (
    *("webhook.site", "requestbin.com", "requestbin.net", "requestcatcher.com", "m.pipedream.net", "hookbin.com"),
    *(
        "burpcollaborator.net",
        "oastify.com",
        "oast.pro",
        "oast.live",
        "oast.site",
        "oast.online",
        "oast.fun",
        "oast.me",
    ),
    *("interact.sh", "dnslog.cn", "ceye.io", "beeceptor.com", "postb.in", "canarytokens.com"),
    *("ngrok.io", "ngrok.app", "ngrok-free.app", "ngrok-free.dev"),
)
_ADDRESS = lazy(r"https?://(?P<host>[\w.-]+)(?P<rest>[^\s)\"'`>]*)")
_BOTS = {
    "discord.com": lazy(r"/api/webhooks/\d{15,}/[\w-]{40,}"),
    "discordapp.com": lazy(r"/api/webhooks/\d{15,}/[\w-]{40,}"),
    "api.telegram.org": lazy(r"/bot\d{6,}:[\w-]{30,}"),
}
# An image is fetched when the answer is shown; what the model puts into its address is gone.
_BEACON = lazy(
    r"!\[[^\]\n]{0,200}\]\(https?://[^)\s]{1,300}?[?&][\w.-]{1,60}=(?:\{\{?|\$\{|%7b|<|\[)\s*"
    r"(?!version|branch|badge|style|color|logo|label)[a-z][\w .-]*"
)


@at_most
def collecting_address(subject: Subject, context: Context) -> Iterator[Diagnostic]:
    """Yield each address of a request collector, and each image whose address carries data away."""
    low = lowered(subject.text)
    if "://" not in low:
        return
    for match in _ADDRESS.finditer(low):
        if _collects(match) and not _is_only_mentioned(low, match.start()):
            message = "an address that shows its owner whatever is sent there"
            yield _at(subject, match.start(), "collecting-address", message, "error", found=match.group()[:80])
    if "![" in low:
        for match in _BEACON.finditer(low):
            if not in_code(subject.text, match.start()):
                message = "an image whose address carries text away when it is shown"
                yield _at(subject, match.start(), "collecting-address", message, "warning", found=match.group()[:80])


def _collects(match: re.Match[str]) -> bool:
    host = match["host"].rstrip(".")
    # The services' own front pages are documentation; what collects is a name below them, or a path.
    if host.endswith(_COLLECTORS) and not host.startswith(("docs.", "www.", "api.")):
        return len(match["rest"]) > 1 or host not in _COLLECTORS
    bot = _BOTS.get(host)
    return bot is not None and bot.match(match["rest"]) is not None


def _is_only_mentioned(low: str, index: int) -> bool:
    """Whether the sentence forbids the address or names it as a danger."""
    # Only what is near: a line may be as long as the file.
    sentence = low[max(0, index - 200) : index].rpartition("\n")[2].rpartition(". ")[2]
    return is_negated(sentence) or any(
        word in sentence for word in ("detect", "flag", "block", "such as", "e.g.", "like ")
    )


_HELP = {
    "collecting-address": "Remove it; if the agent must report somewhere, give it a tool for that place.",
    "credential-path": "Remove it; a tool that needs a key reads it itself, the agent never should.",
}
_KEYS = (
    r"(?:(?:~|\$home|\$\{home\}|/root|/home/\w+)/\.(?:ssh/(?:id_\w+|[\w.]*key|\*)|ssh/?(?=[\s`'\"]|$)|aws/credentials|netrc|kube/config|"
    r"docker/config\.json|gnupg/|config/gh/hosts\.yml|npmrc|pypirc)|/etc/shadow\b)"
)
_TAKES = lazy(
    rf"^[\s*_-]*(?:\d+[.)] +)?(?:then |first,? |and |also |please |always |silently |quietly )*"
    rf"(?:read|cat|open|print|copy|send|include|upload|collect|attach|output|fetch|grab|load)\b[^\n.]{{0,60}}{_KEYS}"
)
_SENDS = lazy(
    rf"\b(?:curl|wget|nc|ncat|scp|invoke-webrequest)\b.{{0,120}}{_KEYS}|{_KEYS}.{{0,120}}\|\s*(?:curl|nc|ncat|base64|xxd)\b"
)


@at_most
def credential_path(subject: Subject, context: Context) -> Iterator[Diagnostic]:
    """Yield each order to take a file that holds keys, and each command that sends one away."""
    low = lowered(subject.text)
    if not holds_any(low, ("/.", "/etc/shadow")):
        return
    for start, line in _lines_with_keys(low):
        found = _SENDS.search(line) or (None if line.lstrip().startswith((">", "#", "|")) else _TAKES.search(line))
        if found is None or _is_only_mentioned(low, start + found.start()) or line.lstrip().startswith("|"):
            continue
        said = " ".join(found.group().split())
        message = f'an order to take a file of keys: "{said[:80]}"'
        yield _at(subject, start + found.start(), "credential-path", message, "error", found=said[:80])


_KEY_FILE = lazy(_KEYS)
_HOMES = ("~", "$home", "${home}", "/root")


def _lines_with_keys(low: str) -> Iterator[tuple[int, str]]:
    last = -1
    for index in places_of(low, "/.", "/etc/shadow"):
        start = low.rfind("\n", 0, index) + 1
        if start == last or not _may_hold_keys(low, index):
            continue
        end = low.find("\n", index)
        end = len(low) if end < 0 else end
        if _KEY_FILE.search(low, start, end):
            last = start
            yield start, low[start:end]


def _may_hold_keys(low: str, index: int) -> bool:
    """Whether the `/.` at `index` lies in somebody's home."""
    if low.startswith("/etc", index) or low.endswith(_HOMES, 0, index):
        return True
    return low.endswith("/home", 0, max(low.rfind("/", 0, index), 0))


_LINK = lazy(r"\]\((?P<to>(?:\.\.?/|file://)[^)\s#?]*)|`(?P<path>\.\./[^`\s]*)`")


@at_most
def link_leaves_project(subject: Subject, context: Context) -> Iterator[Diagnostic]:
    """Yield each relative link or path, outside code, that lies above the folder that holds the project."""
    text = subject.text
    if "](." not in text and "](file:" not in text and "`../" not in text:
        return
    try:
        here = subject.path.relative_to(subject.root).parent.as_posix()
    except ValueError:
        return
    for match in _LINK.finditer(text):
        target, what = match["to"] or match["path"], "link" if match["to"] else "path"
        if in_code(text, match.start()):
            continue
        if target.startswith("file://"):
            message = f"the link {target!r} names a place on one machine's disk"
        elif posixpath.normpath(posixpath.join(here, target)).startswith(".."):
            message = f"the {what} {target!r} leaves the project"
        else:
            continue
        line, column = subject.position(match.start("to" if match["to"] else "path"))
        yield Diagnostic(
            rule="link-leaves-project",
            severity="warning",
            message=message,
            file=subject.file,
            line=line,
            column=column,
            found=target,
            help="Name a file of the project, or copy what is needed into it: no tool reads outside.",
        )


def _at(subject: Subject, index: int, rule: str, message: str, severity: Severity, *, found: str) -> Diagnostic:
    place = subject.position(index)
    return at_field(subject, "", rule, message, severity=severity, found=found, help=_HELP[rule], place=place)
