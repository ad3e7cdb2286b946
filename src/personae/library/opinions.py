"""Opinions: standards that personas share. A base that people write, and what was learned beneath it. It reads nothing.

A name that is absent, or a file that is broken, degrades that one name and no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from personae.errors import Diagnostic
from personae.library.texts import TextFile

__all__ = ["MAX_OPINION_CHARACTERS", "OpinionBinding", "OpinionFiles", "ReadOpinion", "resolve_opinions"]

MAX_OPINION_CHARACTERS = 8_000
"""Of base and of supplement. A longer text is left out whole: cut, a standard may say its opposite."""

OpinionReason = Literal["served", "base-only", "learned-only", "no-opinion", "unusable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionFiles:
    """What there is of one opinion, as it stands now."""

    base: TextFile | None = None
    supplement: TextFile | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    """Why a file that is there is not among them."""


ReadOpinion: TypeAlias = Callable[[str], OpinionFiles]
"""Is asked at each adoption, so that the text is always the latest. It does not raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionBinding:
    """One opinion as a persona gets it."""

    name: str
    reason: OpinionReason
    base: TextFile | None = None
    learned: TextFile | None = None
    because: str
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def present(self) -> bool:
        """Whether any of it reaches the prompt."""
        return self.base is not None or self.learned is not None


def resolve_opinions(names: Iterable[str], read: ReadOpinion) -> tuple[OpinionBinding, ...]:
    """Return each opinion: base, then learned supplement, with where each comes from."""
    return tuple(_resolve(name, read(name)) for name in names)


def _resolve(name: str, files: OpinionFiles) -> OpinionBinding:
    wrong = list(files.diagnostics)
    base, learned = _usable(files.base, wrong), _usable(files.supplement, wrong)
    reason: OpinionReason
    if base is not None and learned is not None:
        reason, because = "served", f"{base.file} and what was learned in {learned.file}"
    elif base is not None:
        reason, because = "base-only", base.file
    elif learned is not None:
        reason, because = "learned-only", f"only what was learned in {learned.file}"
    elif wrong:
        reason, because = "unusable", f"{wrong[0].file}: {wrong[0].message}"
    else:
        reason, because = "no-opinion", f"there is no opinions/{name}.md"
    if wrong and reason != "unusable":
        because += f"; left out: {wrong[0].file} ({wrong[0].message})"
    return OpinionBinding(
        name=name, reason=reason, base=base, learned=learned, because=because, diagnostics=tuple(wrong)
    )


def _usable(text: TextFile | None, wrong: list[Diagnostic]) -> TextFile | None:
    if text is None or not text.body:
        return None
    kind = text.keys.get("kind", "opinion")
    if kind != "opinion":
        wrong.append(
            Diagnostic(
                rule="other-kind",
                severity="warning",
                message=f"it is a {kind}, not an opinion",
                file=text.file,
                field="kind",
                found=kind,
                expected="opinion",
                help="Write kind: opinion, or move the file.",
            )
        )
        return None
    if len(text.body) > MAX_OPINION_CHARACTERS:
        wrong.append(
            Diagnostic(
                rule="opinion-too-long",
                severity="warning",
                message=f"it has {len(text.body):,} characters, at most {MAX_OPINION_CHARACTERS:,} are folded in",
                file=text.file,
                help="Shorten it: every adoption pays for it.",
            )
        )
        return None
    return text
