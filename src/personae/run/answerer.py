"""Personas to models: binds each persona once by the one lookup, builds each model once, and asks it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai.models import Model

from personae.adopt.compose import Prompt
from personae.errors import UsageError
from personae.library.project import Project
from personae.library.providers import EMBEDDED, OLLAMA
from personae.library.tiers import ModelBinding, resolve_model
from personae.library.wishes import model_wish, rungs_of
from personae.persona.model import Budget, Persona
from personae.run.agent import Answer, Call, ask
from personae.run.models.build import build_model, settings_for
from personae.run.models.offer import look
from personae.run.models.progress import Progress, silent

__all__ = ["ModelAnswerer", "refuse_caps"]

_FREE = frozenset([EMBEDDED, OLLAMA])
"""Providers whose answers cost nothing, so that no cap in dollars can be passed."""


@dataclass(slots=True, kw_only=True)
class ModelAnswerer:
    """Answers prompts with the models of one project. One per run: it keeps what it has built."""

    project: Project
    override: str | None = None
    """`--model`: answers for everybody."""
    progress: Progress = silent
    """Told of weights that are being fetched."""
    env: Mapping[str, str] = field(default_factory=lambda: os.environ)
    _models: dict[str, Model[Any]] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def bind(self, persona: Persona | None) -> ModelBinding:
        """Return the model for `persona` (None: for work no persona does) and why; it may be unavailable."""
        wish = model_wish(persona, self.project, override=self.override)
        return resolve_model(wish, look(self.env, wish=wish, rungs=rungs_of(self.project)))

    async def model(self, binding: ModelBinding) -> Model[Any]:
        """Return the model of `binding`, built at the first call. Raises `ModelError`."""
        async with self._lock:
            if binding.name not in self._models:
                # In a thread: the embedded model's weights may be fetched here, and Ctrl-C must still be heard.
                build = asyncio.to_thread(build_model, binding, env=self.env, progress=self.progress)
                self._models[binding.name] = await build
        return self._models[binding.name]

    async def answer(self, persona: Persona, prompt: Prompt) -> tuple[Answer, str]:
        """Ask the model of `persona`; return its answer and why that model. Raises `PersonaeError`."""
        binding = self.bind(persona)
        refuse_caps(persona.name, (persona.budget, self.project.defaults.budget), binding)
        model = await self.model(binding)
        answer = await ask(prompt.system_text, prompt.user_text, model, Call(settings=settings_for(binding)))
        return answer, f"{binding.name}: {binding.because}"


def refuse_caps(name: str, budgets: Iterable[Budget], binding: ModelBinding) -> None:
    """Refuse to spend money under a cap that this version cannot hold yet. Raises `UsageError`."""
    if binding.provider in _FREE or not binding.available:
        return
    caps = [cap for budget in budgets for cap in (budget.daily_max_cost_usd, budget.per_run_max_cost_usd)]
    if any(cap is not None for cap in caps):
        raise UsageError(
            f"{name} has a cap in US dollars, and this version cannot hold one yet",
            help="Run it on a model that costs nothing (--model embedded), or remove the cap.",
        )
