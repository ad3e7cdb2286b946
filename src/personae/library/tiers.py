"""The model-and-effort ladder, and the one lookup from a wish to a model that says why. It reads no environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from personae.errors import close_matches
from personae.library.providers import (
    EMBEDDED,
    EMBEDDED_MODELS,
    OLLAMA,
    PROVIDERS,
    ModelName,
    keys_text,
    parse_model,
)

__all__ = [
    "DEFAULT_EFFORT",
    "DEFAULT_TIER",
    "LADDER",
    "LADDER_DATE",
    "TIERS",
    "ModelBinding",
    "ModelOffer",
    "ModelWish",
    "Rung",
    "TierInfo",
    "read_model",
    "resolve_model",
]

DEFAULT_EFFORT = "medium"
DEFAULT_TIER = "T1"
"""The rung used where nobody wishes anything: its effort is the default of seed 004."""

LADDER_DATE = "2026-11-20"
"""Model ids rot; the table says when it was read (pydantic-ai-slim 2.68.0 and genai-prices 0.2.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TierInfo:
    """What a tier is for, whoever the provider."""

    name: str
    effort: str
    work: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """What a tier means: a model, an effort, or both. None keeps what the built-in ladder says."""

    model: str | None = None
    effort: str | None = None


TIERS: Mapping[str, TierInfo] = {
    "T0": TierInfo(name="Mechanical", effort="low", work="rote edits, reading logs"),
    "T1": TierInfo(name="Execute", effort="medium", work="long stretches of building"),
    "T2": TierInfo(name="Author", effort="high", work="planning, design, the technical bar"),
    "T3": TierInfo(name="Architect", effort="max", work="design across systems, decisions about the road ahead"),
    "T4": TierInfo(name="Deep", effort="max", work="research, adversarial audit"),
}

# Order is the order of preference where several are configured. "Strongest" stops below the models that cost
# twice as much for the last few percent (fable, astra): a persona that wants one names it.
LADDER: Mapping[str, Mapping[str, str]] = {
    "anthropic": {
        "T0": "claude-haiku-5-5",
        "T1": "claude-sonnet-5-5",
        "T2": "claude-opus-5-5",
        "T3": "claude-opus-5-5",
        "T4": "claude-opus-5-5",
    },
    "openai": {
        "T0": "gpt-6-luna",
        "T1": "gpt-6.1-terra",
        "T2": "gpt-6.1-sol",
        "T3": "gpt-6.1-sol",
        "T4": "gpt-6-astra",
    },
    "google": {
        "T0": "gemini-3.5-flash-lite",
        "T1": "gemini-3.8-flash",
        "T2": "gemini-4-argon",
        "T3": "gemini-4-argon",
        "T4": "gemini-4-argon",
    },
}

# Claude's short names stand in many persona files that come from elsewhere; `fable` has no rung of its own.
_SHORT_NAMES: Mapping[str, str] = {
    "haiku": "claude-haiku-5-5",
    "sonnet": "claude-sonnet-5-5",
    "opus": "claude-opus-5-5",
    "fable": "claude-fable-5-2",
}

_SUBSTITUTE = '[defaults] substitute = "embedded" in personae.toml'


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelWish:
    """What is asked for, and by whom; None where nobody said."""

    model: str | None = None
    """The persona's (or the beat's) own."""
    effort: str | None = None
    tier: str | None = None
    default_model: str | None = None
    """`[defaults] model` of the project."""
    override: str | None = None
    """`--model` of this command."""
    substitute: str | None = None
    """`[defaults] substitute`: what may answer where the wished model cannot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOffer:
    """What this machine has."""

    providers: frozenset[str] = frozenset()
    """Providers with a key set."""
    uninstalled: frozenset[str] = frozenset()
    """Those of `PROVIDERS` (and `ollama`) whose client package is missing here."""
    ollama_models: tuple[str, ...] = ()
    """What a local Ollama that answers has; empty where none answers."""
    embedded: bool = False
    """Whether the embedded engine is installed."""
    embedded_model: str = EMBEDDED_MODELS[0]
    """The size this machine would use."""
    rungs: Mapping[str, Rung] = field(default_factory=dict)
    """The project's own `[tiers]`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelBinding:
    """A wish met, or the reason why not."""

    provider: str
    model: str
    effort: str
    because: str
    """One sentence for people."""
    available: bool = True
    degraded: bool = False
    """True where less than what was wished will answer."""
    reason: str = ""
    """Why it is not available; empty otherwise."""
    help: str = ""
    """The way out."""

    @property
    def name(self) -> str:
        """`provider:model`, as `--model` takes it."""
        return f"{self.provider}:{self.model}" if self.provider else self.model


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lack:
    """Why a model cannot be had here."""

    reason: str
    help: str


def resolve_model(wish: ModelWish, offer: ModelOffer) -> ModelBinding:
    """Return the model that answers, by one order: `--model`, persona, tier, project's default, what there is."""
    effort = _effort(wish, offer)
    if wish.override:
        replaced = f" instead of {wish.model}" if wish.model and wish.model != wish.override else ""
        return _concrete(wish.override, f"--model asks for {wish.override}{replaced}", effort, offer, substitute=None)
    if wish.model and wish.model != "inherit":
        said = f"persona asks for {wish.model}"
        return _concrete(wish.model, said, effort, offer, substitute=wish.substitute)
    if wish.tier is not None and wish.tier in TIERS:
        return _by_tier(wish.tier, effort, wish, offer)
    if wish.default_model:
        said = f"the project's default is {wish.default_model}"
        return _concrete(wish.default_model, said, effort, offer, substitute=wish.substitute)
    return _whatever_there_is(effort, offer)


def _effort(wish: ModelWish, offer: ModelOffer) -> str:
    if wish.effort:
        return wish.effort
    if wish.tier is not None and wish.tier in TIERS:
        own = offer.rungs.get(wish.tier, Rung())
        return own.effort or TIERS[wish.tier].effort
    return DEFAULT_EFFORT


def _concrete(text: str, said: str, effort: str, offer: ModelOffer, *, substitute: str | None) -> ModelBinding:
    """Bind one named model, or its allowed substitute, or say what is missing."""
    name = read_model(text)
    lack = _lack(name, offer)
    if lack is None:
        name = _settle(name, offer)
        because = f"{said}; {_present(name, offer)}"
        return ModelBinding(provider=name.provider, model=name.model, effort=effort, because=because)
    refused = ModelBinding(
        provider=name.provider,
        model=name.model,
        effort=effort,
        because=f"{said}, but {lack.reason}",
        available=False,
        reason=lack.reason,
        help=lack.help,
    )
    if substitute is None:
        return refused
    other = read_model(substitute)
    other_lack = _lack(other, offer)
    if other_lack is not None:
        reason = f"{lack.reason}, and its substitute {substitute} is not available either: {other_lack.reason}"
        return replace(refused, reason=reason, because=f"{said}, but {reason}", help=other_lack.help)
    other = _settle(other, offer)
    because = f'{said}, but {lack.reason}; {other} instead, allowed by [defaults] substitute = "{substitute}"'
    return ModelBinding(provider=other.provider, model=other.model, effort=effort, because=because, degraded=True)


def _by_tier(tier: str, effort: str, wish: ModelWish, offer: ModelOffer) -> ModelBinding:
    """Bind a tier; it takes what there is, and says so."""
    said, missed = f"tier {tier} ({TIERS[tier].name})", ""
    own = offer.rungs.get(tier, Rung()).model
    if own:
        name = read_model(own)
        lack = _lack(name, offer)
        if lack is None:
            name = _settle(name, offer)
            because = f"{said} is {own} in [tiers]; {_present(name, offer)}"
            return ModelBinding(provider=name.provider, model=name.model, effort=effort, because=because)
        missed = f" is {own} in [tiers], but {lack.reason};"
    default = read_model(wish.default_model) if wish.default_model else None
    preferred = _preferred(default, offer)
    if preferred is not None:
        return _on_preferred(preferred, said + missed, tier, effort, offer)
    for provider, rungs in LADDER.items():
        if _has(provider, offer):
            because = f"{said}{missed} is {rungs[tier]} on {provider}; {_present_key(provider)}"
            return ModelBinding(
                provider=provider, model=rungs[tier], effort=effort, because=because, degraded=bool(missed)
            )
    return _local(f"{said}{missed} has no configured provider", effort, offer, wished=True)


def _preferred(default: ModelName | None, offer: ModelOffer) -> ModelName | None:
    """The project's default model names the provider that tiers use, where it can be had."""
    if default is None or _lack(default, offer) is not None:
        return None
    return _settle(default, offer)


def _on_preferred(default: ModelName, said: str, tier: str, effort: str, offer: ModelOffer) -> ModelBinding:
    rungs = LADDER.get(default.provider)
    if rungs is None:
        small = default.provider == EMBEDDED
        because = f"{said} on the project's default, {default}{' (degraded)' if small else ''}"
        return ModelBinding(
            provider=default.provider, model=default.model, effort=effort, because=because, degraded=small
        )
    because = f"{said} is {rungs[tier]} on {default.provider}, the provider of the project's default; "
    return ModelBinding(
        provider=default.provider, model=rungs[tier], effort=effort, because=because + _present_key(default.provider)
    )


def _whatever_there_is(effort: str, offer: ModelOffer) -> ModelBinding:
    for provider, rungs in LADDER.items():
        if _has(provider, offer):
            model = rungs[DEFAULT_TIER]
            because = f"no model is asked for; {_present_key(provider)}, and {model} is its everyday model"
            return ModelBinding(provider=provider, model=model, effort=effort, because=because)
    return _local("no model is asked for and no provider is configured", effort, offer, wished=False)


def _local(said: str, effort: str, offer: ModelOffer, *, wished: bool) -> ModelBinding:
    """Bind what needs no key: a local Ollama that answers, then the embedded model."""
    said += _unusable_keys(offer)
    degraded = " (degraded)" if wished else ""
    chat = _chat_models(offer)
    if chat and OLLAMA not in offer.uninstalled:
        because = f"{said}; a local Ollama answers and has {chat[0]}{degraded}"
        return ModelBinding(provider=OLLAMA, model=chat[0], effort=effort, because=because, degraded=wished)
    lack = _embedded_lack("", offer)
    if lack is None:
        because = f"{said}; embedded model instead{degraded}"
        return ModelBinding(
            provider=EMBEDDED, model=offer.embedded_model, effort=effort, because=because, degraded=wished
        )
    return ModelBinding(
        provider="",
        model="",
        effort=effort,
        because=f"{said}, no Ollama answers, and {lack.reason}",
        available=False,
        reason=f"no provider is configured, no Ollama answers, and {lack.reason}",
        help=f"Set a provider's key such as ANTHROPIC_API_KEY, or start Ollama. For the embedded model: {lack.help}",
    )


def _unusable_keys(offer: ModelOffer) -> str:
    """Say which key is set and yet of no use here, because the way out is one command."""
    for provider in LADDER:
        if provider in offer.providers and provider in offer.uninstalled:
            install = f"pip install '{PROVIDERS[provider].install}'"
            return f" ({_present_key(provider)}, but its client is missing: {install})"
    for provider in PROVIDERS:
        if provider in offer.providers and not provider.startswith("openai"):
            return f" ({_present_key(provider)}: name one of its models with --model {provider}:M)"
    return ""


def read_model(text: str) -> ModelName:
    """Read a model's name as persona files write it, Claude's short names among them; never raises."""
    return parse_model(_SHORT_NAMES.get(text, text))


def _has(provider: str, offer: ModelOffer) -> bool:
    return provider in offer.providers and provider not in offer.uninstalled


def _settle(name: ModelName, offer: ModelOffer) -> ModelName:
    """Fill in what the machine decides: the embedded size, Ollama's tag."""
    if name.provider == EMBEDDED and not name.model:
        return replace(name, model=offer.embedded_model)
    if name.provider == OLLAMA:
        return replace(name, model=_ollama_match(name.model, offer) or name.model)
    return name


def _present(name: ModelName, offer: ModelOffer) -> str:
    if name.provider == EMBEDDED:
        return "the embedded engine is installed"
    if name.provider == OLLAMA:
        return "a local Ollama answers and has it"
    return _present_key(name.provider)


def _present_key(provider: str) -> str:
    keys = PROVIDERS[provider].keys
    return f"{keys[0]} is set" if len(keys) == 1 else f"{keys_text(provider)} is set"


def _lack(name: ModelName, offer: ModelOffer) -> _Lack | None:
    """Return what is missing for a model to answer here; None where nothing is."""
    if not name.provider:
        return _unknown(name.model)
    if name.provider == EMBEDDED:
        return _embedded_lack(name.model, offer)
    if name.provider == OLLAMA:
        return _ollama_lack(name.model, offer)
    if name.provider not in offer.providers:
        key = PROVIDERS[name.provider].keys[0]
        return _Lack(
            reason=f"{keys_text(name.provider)} is not set",
            help=f"Set {key}, or choose another (--model M, such as --model embedded), or allow one: {_SUBSTITUTE}.",
        )
    if name.provider in offer.uninstalled:
        return _Lack(
            reason=f"the client package of {name.provider} is not installed",
            help=f"pip install '{PROVIDERS[name.provider].install}'",
        )
    return None


def _unknown(text: str) -> _Lack:
    prefix = text.partition(":")[0] if ":" in text else text.partition("/")[0]
    near = close_matches(prefix, [*PROVIDERS, EMBEDDED, OLLAMA]) if prefix != text else ()
    hint = f"Did you mean {near[0]}:{text[len(prefix) + 1 :]}?" if near else ""
    return _Lack(
        reason=f"{text!r} names no provider that is known",
        help=hint or "Write it as provider:model, such as anthropic:claude-opus-5-5, ollama/qwen3 or embedded.",
    )


def _embedded_lack(model: str, offer: ModelOffer) -> _Lack | None:
    if not offer.embedded:
        return _Lack(reason="the embedded engine is not installed", help="pip install 'personae[embedded]'")
    chosen = model or offer.embedded_model
    if chosen in EMBEDDED_MODELS:
        return None
    known = ", ".join(EMBEDDED_MODELS)
    return _Lack(reason=f"there is no embedded model {chosen!r}", help=f"Known: {known}; `embedded` alone chooses one.")


def _ollama_lack(model: str, offer: ModelOffer) -> _Lack | None:
    if not offer.ollama_models:
        return _Lack(
            reason="no local Ollama answers, or it has no model",
            help=f"Start it (ollama serve) and fetch the model (ollama pull {model}), or choose another: --model M.",
        )
    if OLLAMA in offer.uninstalled:
        return _Lack(reason="the client package for Ollama is not installed", help="pip install 'personae[openai]'")
    if _ollama_match(model, offer) is None:
        has = ", ".join(offer.ollama_models)
        return _Lack(reason=f"the local Ollama does not have {model}", help=f"ollama pull {model} (it has: {has})")
    return None


def _ollama_match(model: str, offer: ModelOffer) -> str | None:
    return next((has for has in offer.ollama_models if has in (model, f"{model}:latest")), None)


def _chat_models(offer: ModelOffer) -> tuple[str, ...]:
    """Ollama lists embedding models among the others; they cannot answer."""
    return tuple(name for name in offer.ollama_models if "embed" not in name)
