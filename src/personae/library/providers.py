"""The model providers there are, and how a model's name is read. It knows names only, never a key's value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from personae.persona.patterns import lazy

__all__ = ["EMBEDDED", "EMBEDDED_MODELS", "OLLAMA", "PROVIDERS", "ModelName", "Provider", "keys_text", "parse_model"]

EMBEDDED = "embedded"
OLLAMA = "ollama"

EMBEDDED_MODELS = ("qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b", "smollm2-135m")
"""Names only; hashes and addresses are in `run.models.catalog`, and a test holds the two together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One provider, as Pydantic AI spells it."""

    keys: tuple[str, ...]
    """Environment variables of which any one configures it."""
    package: str
    """The module its client needs."""
    install: str
    """What to give to pip when that module is missing."""


def _provider(*keys: str, package: str = "openai", install: str = "personae[openai]") -> Provider:
    return Provider(keys=keys, package=package, install=install)


# Read from the providers of pydantic-ai-slim 2.68.0 on 20 November 2026. The clients of most are OpenAI's.
PROVIDERS: Mapping[str, Provider] = {
    "anthropic": _provider("ANTHROPIC_API_KEY", package="anthropic", install="personae[anthropic]"),
    "openai": _provider("OPENAI_API_KEY"),
    "google": _provider("GOOGLE_API_KEY", "GEMINI_API_KEY", package="google.genai", install="personae[google]"),
    "alibaba": _provider("ALIBABA_API_KEY", "DASHSCOPE_API_KEY"),
    "azure": _provider("AZURE_OPENAI_API_KEY"),
    "bedrock": _provider("AWS_BEARER_TOKEN_BEDROCK", package="boto3", install="pydantic-ai-slim[bedrock]"),
    "cerebras": _provider("CEREBRAS_API_KEY"),
    "cohere": _provider("CO_API_KEY", package="cohere", install="pydantic-ai-slim[cohere]"),
    "crusoe": _provider("CRUSOE_API_KEY"),
    "deepseek": _provider("DEEPSEEK_API_KEY"),
    "fireworks": _provider("FIREWORKS_API_KEY"),
    "google-cloud": _provider("GOOGLE_APPLICATION_CREDENTIALS", package="google.genai", install="personae[google]"),
    "groq": _provider("GROQ_API_KEY", package="groq", install="pydantic-ai-slim[groq]"),
    "heroku": _provider("HEROKU_INFERENCE_KEY"),
    "huggingface": _provider("HF_TOKEN", package="huggingface_hub", install="pydantic-ai-slim[huggingface]"),
    "litellm": _provider("LITELLM_API_KEY"),
    "meta": _provider("META_API_KEY"),
    "mistral": _provider("MISTRAL_API_KEY", package="mistralai", install="pydantic-ai-slim[mistral]"),
    "moonshotai": _provider("MOONSHOTAI_API_KEY"),
    "nebius": _provider("NEBIUS_API_KEY"),
    "openai-chat": _provider("OPENAI_API_KEY"),
    "openai-responses": _provider("OPENAI_API_KEY"),
    "openrouter": _provider("OPENROUTER_API_KEY"),
    "ovhcloud": _provider("OVHCLOUD_API_KEY"),
    "sambanova": _provider("SAMBANOVA_API_KEY"),
    "together": _provider("TOGETHER_API_KEY"),
    "vercel": _provider("VERCEL_AI_GATEWAY_API_KEY", "VERCEL_OIDC_TOKEN"),
    "vllm": _provider("VLLM_BASE_URL"),
    "xai": _provider("XAI_API_KEY", package="xai_sdk", install="pydantic-ai-slim[xai]"),
    "zai": _provider("ZAI_API_KEY"),
}

# Bare names as seed 004 and other tools' agent files write them.
_FAMILIES: tuple[tuple[re.Pattern[str], str], ...] = (
    (lazy(r"claude-"), "anthropic"),
    (lazy(r"gpt-|chatgpt-|codex-|o\d"), "openai"),
    (lazy(r"gemini-"), "google"),
    (lazy(r"mistral-|ministral-|codestral-|magistral-|devstral-"), "mistral"),
    (lazy(r"deepseek-"), "deepseek"),
    (lazy(r"grok-"), "xai"),
    (lazy(r"command-"), "cohere"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelName:
    """A model's name, read. `provider` is empty where the text names none that is known."""

    provider: str
    model: str
    """The provider's own id; empty for `embedded` alone, where the machine decides the size."""

    def __str__(self) -> str:
        return f"{self.provider}:{self.model}" if self.model else self.provider


def parse_model(text: str) -> ModelName:
    """Read `claude-…`, `ollama/x`, `provider:model`, `provider/model`, `embedded` or `embedded:NAME`; never raises."""
    name = text.strip()
    if name == EMBEDDED:
        return ModelName(provider=EMBEDDED, model="")
    for mark in (":", "/"):
        provider, found, model = name.partition(mark)
        if found and model and (provider in PROVIDERS or provider in (EMBEDDED, OLLAMA)):
            return ModelName(provider=provider, model=model)
    if ":" not in name and "/" not in name:
        for pattern, provider in _FAMILIES:
            if pattern.match(name):
                return ModelName(provider=provider, model=name)
    return ModelName(provider="", model=name)


def keys_text(provider: str) -> str:
    """Return the environment variables of a provider for a sentence: `GOOGLE_API_KEY or GEMINI_API_KEY`."""
    return " or ".join(PROVIDERS[provider].keys)
