"""Personas to models: binds each persona once by the one lookup, builds each model once, and asks it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai.models import Model

from personae.library.project import Project
from personae.library.tiers import ModelBinding, resolve_model
from personae.library.wishes import model_wish, rungs_of
from personae.persona.model import Persona
from personae.run.models.build import build_model
from personae.run.models.offer import look
from personae.run.models.progress import Progress, silent

__all__ = ["ModelAnswerer"]


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
