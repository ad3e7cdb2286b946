"""`personae models`: which models can answer here, and what each tier means."""

from __future__ import annotations

import os
import sys

import click

from personae.cli import out
from personae.cli.here import open_here
from personae.errors import UnknownNameError
from personae.library.providers import PROVIDERS
from personae.library.tiers import LADDER_DATE, TIERS, ModelOffer, ModelWish, resolve_model
from personae.library.wishes import model_wish, rungs_of
from personae.run.models.catalog import CATALOG, size_text
from personae.run.models.offer import look
from personae.run.models.progress import ProgressBar
from personae.run.models.weights import cached_weights, ensure_weights

__all__ = ["command"]


@click.command("models")
@click.option("--fetch", metavar="NAME", help="Fetch the weights of this embedded model now.")
@out.json_option
def command(fetch: str | None, as_json: bool) -> None:
    """Show what can answer here: configured providers, a local Ollama, the embedded models, and each tier."""
    if fetch is not None:
        name = fetch.removeprefix("embedded:")
        if name not in CATALOG:
            raise UnknownNameError("embedded model", name, CATALOG)
        out.data(str(ensure_weights(CATALOG[name], progress=ProgressBar(sys.stderr))))
        return
    project = open_here().project
    offer = look(os.environ, rungs=rungs_of(project))
    default = resolve_model(model_wish(None, project), offer)
    tiers = {tier: resolve_model(_tier_wish(tier, project.defaults.model), offer) for tier in TIERS}
    if as_json:
        out.as_json({"default": default, "tiers": tiers, "offer": _offer(offer), "embedded": _embedded()})
        return
    rows = [["default", default.name or "none", default.effort, default.because]]
    rows += [
        [f"{tier} {TIERS[tier].name}", found.name or "none", found.effort, found.because]
        for tier, found in tiers.items()
    ]
    out.data(out.table(rows, header=["FOR", "MODEL", "EFFORT", "BECAUSE"]))
    out.data("")
    weights = [[name, entry["size"], entry["here"], entry["note"]] for name, entry in _embedded().items()]
    out.data(out.table(weights, header=["EMBEDDED", "SIZE", "HERE", "NOTE"]))
    out.note(f"\nTiers as of {LADDER_DATE}; change them in [tiers] of personae.toml.")
    if not default.available:
        out.warn(default.help)


def _tier_wish(tier: str, default_model: str | None) -> ModelWish:
    return ModelWish(tier=tier, default_model=default_model)


def _offer(offer: ModelOffer) -> dict[str, object]:
    """Name what is configured; keys by name only, never a value."""
    return {
        "providers": {name: list(PROVIDERS[name].keys) for name in sorted(offer.providers)},
        "uninstalled": sorted(offer.uninstalled),
        "ollama_models": list(offer.ollama_models),
        "embedded": offer.embedded,
    }


def _embedded() -> dict[str, dict[str, str]]:
    return {
        name: {
            "size": size_text(weights.size_bytes),
            "here": "yes" if cached_weights(weights) else "no",
            "note": weights.note,
        }
        for name, weights in CATALOG.items()
    }
