"""Names of models: unknown ones, and those that have stopped answering or soon will."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from personae.check.context import Context, ModelFacts
from personae.check.models import COMPLETE, MODELS_DATE, base_id, find_model
from personae.check.rules.at import at_field
from personae.check.rules.tool_names import is_one_slip
from personae.check.subject import PERSONA, Subject
from personae.errors import Diagnostic, close_matches
from personae.library.providers import OLLAMA, PROVIDERS, parse_model

__all__ = ["retired_model", "unknown_model"]

_SHORT_NAMES = frozenset(["inherit", "haiku", "sonnet", "opus", "fable"])
_SOON = timedelta(days=60)
# Hosts that hand the id to its provider as it is. The others have catalogs of their own, with days of their own.
_PASS_ON = frozenset([PERSONA, "claude", "codex", "opencode", "gemini", "goose", "skill"])


def unknown_model(subject: Subject, context: Context) -> Iterator[Diagnostic]:
    """Yield each model of ours that no provider is known to have, and each slip in one of Claude Code's short names."""
    if subject.dialect == "claude":
        yield from _misspelled_alias(subject)
    if subject.dialect != PERSONA:
        return
    for field, text in _models(subject):
        if text in _SHORT_NAMES:
            continue
        provider, known = find_model(text, context.models)
        if known is not None:
            continue
        if not provider:
            message = f"{text!r} names no provider that is known"
            help = _provider_help(text)
        elif provider in COMPLETE and not _is_special(text):
            message = f"{provider} had no model {parse_model(text).model!r} on {MODELS_DATE}"
            of_provider = [name for name, facts in context.models.items() if facts.provider == provider]
            near = close_matches(base_id(parse_model(text).model), of_provider)
            help = f"Did you mean {near[0]}?" if near else "Check the spelling, or write provider:model."
        else:
            continue
        yield at_field(subject, field, "unknown-model", message, severity="warning", found=text, help=help)


def _misspelled_alias(subject: Subject) -> Iterator[Diagnostic]:
    for field, text in _models(subject):
        meant = next((alias for alias in sorted(_SHORT_NAMES) if is_one_slip(text, alias)), "")
        if meant:
            message = f"Claude Code knows no model {text!r}"
            help = f"Did you mean {meant}?"
            yield at_field(subject, field, "unknown-model", message, severity="warning", found=text, help=help)


def _provider_help(text: str) -> str:
    prefix = text.partition(":")[0] if ":" in text else text.partition("/")[0]
    near = close_matches(prefix, [*PROVIDERS, OLLAMA]) if prefix != text else ()
    if near:
        return f"Did you mean {near[0]}:{text[len(prefix) + 1 :]}?"
    return "Write it as provider:model, such as anthropic:claude-opus-5-5, ollama/qwen3 or embedded."


def _is_special(text: str) -> bool:
    """Tuned, spoken and drawn models are too many for a table, and previews come and go."""
    name = parse_model(text).model.lower()
    return any(part in name for part in ("ft:", "image", "audio", "realtime", "live", "tts", "preview", "exp", "gemma"))


def retired_model(subject: Subject, context: Context) -> Iterator[Diagnostic]:
    """Yield each model that no longer answers, and as a note each that will stop within two months."""
    if subject.dialect not in _PASS_ON:
        return
    for field, text in _models(subject):
        _, known = find_model(text, context.models)
        if known is None or known.retired is None:
            continue
        if known.retired <= context.today:
            message = f"{text} was retired on {known.retired}"
            yield at_field(
                subject, field, "retired-model", message, severity="warning", found=text, help=_instead(known)
            )
        elif known.retired - context.today <= _SOON:
            message = f"{text} will be retired on {known.retired}"
            yield at_field(subject, field, "retired-model", message, severity="note", found=text, help=_instead(known))


def _instead(known: ModelFacts) -> str:
    return f"Use {known.replacement}, or a tier, which follows the models." if known.replacement else "Use a tier."


def _models(subject: Subject) -> Iterator[tuple[str, str]]:
    persona = subject.persona
    if persona is not None:
        if persona.model is not None:
            yield "model", persona.model
        for index, beat in enumerate(persona.heartbeats):
            if beat.model is not None:
                yield f"heartbeats[{index}].model", beat.model
    elif subject.agent is not None and subject.agent.model:
        yield "model", subject.agent.model
