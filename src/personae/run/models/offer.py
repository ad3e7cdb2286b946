"""What this machine offers for models: keys by name, a local Ollama, the embedded engine. Never keeps a key's value."""

from __future__ import annotations

import http.client
import importlib.util
import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from personae.library.providers import EMBEDDED, OLLAMA, PROVIDERS, parse_model
from personae.library.tiers import ModelOffer, ModelWish, Rung
from personae.run.models.catalog import CATALOG, choose
from personae.run.models.machine import room

__all__ = ["OLLAMA_TIMEOUT_S", "SIZE_VARIABLE", "look", "ollama_address", "ollama_models"]

OLLAMA_TIMEOUT_S = 0.3
SIZE_VARIABLE = "PERSONAE_EMBEDDED_MODEL"
_OLLAMA_PORT = 11434
_MOST_REPLY_BYTES = 1_000_000


def look(
    env: Mapping[str, str], *, wish: ModelWish | None = None, rungs: Mapping[str, Rung] | None = None
) -> ModelOffer:
    """Return what is on offer now. Ollama is asked only where `wish` could need it (or where there is no wish)."""
    providers = frozenset(name for name, facts in PROVIDERS.items() if any(env.get(key) for key in facts.keys))
    ask = wish is None or _may_need_ollama(wish, providers)
    return ModelOffer(
        providers=providers,
        uninstalled=_uninstalled(providers),
        ollama_models=ollama_models(env) if ask else (),
        embedded=_importable("xllamacpp") and _importable("pydantic_ai"),
        embedded_model=_embedded_model(env),
        rungs=rungs or {},
    )


def _may_need_ollama(wish: ModelWish, providers: frozenset[str]) -> bool:
    names = [text for text in (wish.override, wish.model, wish.default_model, wish.substitute) if text]
    if any(parse_model(text).provider == OLLAMA for text in names):
        return True
    settled = wish.override or wish.model
    return not providers and not settled and parse_model(wish.default_model or "").provider != EMBEDDED


def _uninstalled(providers: frozenset[str]) -> frozenset[str]:
    missing = {name for name in providers if not _importable(PROVIDERS[name].package)}
    if not _importable("openai"):
        missing.add(OLLAMA)
    return frozenset(missing)


def _importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _embedded_model(env: Mapping[str, str]) -> str:
    """Return the size this machine would use; a wrong name is passed on, so that the lookup can refuse it."""
    asked = env.get(SIZE_VARIABLE) or None
    if asked is not None and asked not in CATALOG:
        return asked
    return choose(room(env), asked=asked).name


def ollama_address(env: Mapping[str, str]) -> tuple[str, int]:
    """Return host and port of the local Ollama, as OLLAMA_BASE_URL or OLLAMA_HOST say it."""
    text = env.get("OLLAMA_BASE_URL") or env.get("OLLAMA_HOST") or ""
    parts = urlsplit(text if "//" in text else f"//{text}")
    try:
        port = parts.port
    except ValueError:
        port = None
    host = parts.hostname or "127.0.0.1"
    # A server told to listen everywhere is reached on loopback.
    return ("127.0.0.1" if host == "0.0.0.0" else host), port or _OLLAMA_PORT


def ollama_models(env: Mapping[str, str]) -> tuple[str, ...]:
    """Return the models of a local Ollama, newest first; empty where none answers within `OLLAMA_TIMEOUT_S`."""
    host, port = ollama_address(env)
    connection = http.client.HTTPConnection(host, port, timeout=OLLAMA_TIMEOUT_S)
    try:
        connection.request("GET", "/api/tags")
        response = connection.getresponse()
        body = response.read(_MOST_REPLY_BYTES) if response.status == http.client.OK else b""
        return _names(body)
    except (OSError, http.client.HTTPException):
        return ()
    finally:
        connection.close()


def _names(body: bytes) -> tuple[str, ...]:
    try:
        reply: object = json.loads(body)
    except ValueError:
        return ()
    models = reply.get("models") if isinstance(reply, dict) else None
    if not isinstance(models, list):
        return ()
    names = (item.get("name") for item in models if isinstance(item, dict))
    return tuple(name for name in names if isinstance(name, str) and name)
