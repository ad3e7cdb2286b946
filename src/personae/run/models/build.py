"""From a binding to a Pydantic AI model that can be asked, and the settings its effort means."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, get_args

from pydantic_ai.exceptions import UserError
from pydantic_ai.models import Model, infer_model
from pydantic_ai.providers import Provider, infer_provider
from pydantic_ai.settings import ModelSettings, ThinkingEffort

from personae.errors import ModelUnavailableError, UnknownNameError
from personae.library.providers import EMBEDDED, OLLAMA, PROVIDERS
from personae.library.tiers import ModelBinding
from personae.run.models.catalog import CATALOG
from personae.run.models.embedded import EmbeddedModel
from personae.run.models.engine import engine_for
from personae.run.models.offer import ollama_address
from personae.run.models.progress import Progress, silent
from personae.run.models.weights import ensure_weights

if TYPE_CHECKING:
    from typing import Any

__all__ = ["build_model", "settings_for"]


def build_model(
    binding: ModelBinding, *, env: Mapping[str, str] | None = None, progress: Progress = silent
) -> Model[Any]:
    """Return the model of a binding. The embedded one's weights are fetched here, so call it outside an event loop.

    Raises `ModelUnavailableError` for a binding that is not available or lacks its client, `WeightsError` where the
    weights cannot be had.
    """
    env = os.environ if env is None else env
    if not binding.available:
        raise ModelUnavailableError(binding.name, binding.reason, help=binding.help)
    if binding.provider == EMBEDDED:
        return _embedded(binding, env=env, progress=progress)
    try:
        return infer_model(binding.name, lambda name: _provider(name, env=env))
    except ImportError as error:
        raise ModelUnavailableError(
            binding.name,
            f"the client package of {binding.provider} is not installed",
            help=f"pip install '{_install(binding.provider)}'",
        ) from error
    except UserError as error:
        raise ModelUnavailableError(
            binding.name, str(error), help="Choose another model with --model provider:model."
        ) from error


def settings_for(binding: ModelBinding) -> ModelSettings:
    """Return what an effort means to Pydantic AI; a model that cannot think harder ignores it."""
    for level in get_args(ThinkingEffort):
        if level == binding.effort:
            return ModelSettings(thinking=level)
    return ModelSettings()


def _embedded(binding: ModelBinding, *, env: Mapping[str, str], progress: Progress) -> EmbeddedModel:
    if binding.model not in CATALOG:
        raise UnknownNameError("embedded model", binding.model, CATALOG)
    weights = CATALOG[binding.model]
    return EmbeddedModel(weights, engine_for(weights, ensure_weights(weights, env=env, progress=progress)))


def _provider(name: str, *, env: Mapping[str, str]) -> Provider[Any]:
    if name != OLLAMA:
        return infer_provider(name)
    # Only here, since it needs the client of OpenAI: the others are as lazy inside Pydantic AI.
    ollama = importlib.import_module("pydantic_ai.providers.ollama")
    host, port = ollama_address(env)
    made: Provider[Any] = ollama.OllamaProvider(base_url=f"http://{host}:{port}/v1")
    return made


def _install(provider: str) -> str:
    return "personae[openai]" if provider == OLLAMA else PROVIDERS[provider].install
