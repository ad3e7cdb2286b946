"""Capabilities: what is installed here that personas may compose, who provides it, and how to get what is missing.

A manifest is `[capabilities.<name>]` of the project file, or an entry point of the group `personae.capabilities`. This
module knows manifests as values; it neither looks for packages nor loads any.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from personae.errors import close_matches
from personae.library.versions import is_range, satisfies

__all__ = ["Capability", "CapabilityBinding", "CapabilityOffer", "resolve_capabilities"]

CapabilityReason = Literal["available", "no-provider", "provider-not-installed", "version-mismatch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One provider's offer of one capability."""

    name: str
    provider: str
    """The package, the command, or the file that declares it."""
    tools: tuple[str, ...] = ()
    """Tools that it brings."""
    installed: bool = True
    version: str | None = None
    """Of the provider; None where nobody can tell."""
    wanted: str = ""
    """The range of versions that the project accepts; empty is any."""
    install: str = ""
    """The command that brings the provider."""
    fault: str = ""
    """Why it cannot be used although it is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityOffer:
    """All that is declared here, by name; several providers may offer one capability."""

    providers: Mapping[str, Sequence[Capability]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def names(self) -> frozenset[str]:
        """Every capability that somebody declares."""
        return frozenset(self.providers)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityBinding:
    """One capability as a persona gets it, or why it does without."""

    name: str
    reason: CapabilityReason
    provider: str = ""
    version: str | None = None
    tools: tuple[str, ...] = ()
    because: str
    help: str = ""
    """What brings it; empty when there is nothing to do."""

    @property
    def present(self) -> bool:
        """Whether it can be used now."""
        return self.reason == "available"


def resolve_capabilities(names: Iterable[str], offer: CapabilityOffer) -> tuple[CapabilityBinding, ...]:
    """Return each capability with its provider, or the reason and the way out. Whatever is offered, it never raises."""
    return tuple(_resolve(name, offer) for name in names)


def _resolve(name: str, offer: CapabilityOffer) -> CapabilityBinding:
    providers = sorted(offer.providers.get(name, ()), key=_preference)
    if not providers:
        help = _hint(name, offer)
        return CapabilityBinding(name=name, reason="no-provider", because="nobody here provides it", help=help)
    best = providers[0]
    version = f" {best.version}" if best.version else ""
    if best.fault:
        because = f"{best.provider}{version} provides it and cannot be used: {best.fault}"
        return CapabilityBinding(
            name=name, reason="provider-not-installed", provider=best.provider, because=because, help=best.install
        )
    if not best.installed:
        return CapabilityBinding(
            name=name,
            reason="provider-not-installed",
            provider=best.provider,
            because=f"{best.provider} provides it and is not installed",
            help=best.install,
        )
    if not _fits(best):
        found = best.version or "of unknown version"
        return CapabilityBinding(
            name=name,
            reason="version-mismatch",
            provider=best.provider,
            version=best.version,
            because=f"{best.provider} is {found}, and {best.wanted} is wanted",
            help=best.install if is_range(best.wanted) else f"{best.wanted!r} is no range; write such as >=1.4,<2",
        )
    return CapabilityBinding(
        name=name,
        reason="available",
        provider=best.provider,
        version=best.version,
        tools=best.tools,
        because=f"{best.provider}{version} provides it",
    )


def _fits(capability: Capability) -> bool:
    return not capability.wanted or (
        capability.version is not None and satisfies(capability.version, capability.wanted)
    )


def _preference(capability: Capability) -> tuple[bool, bool, bool, str]:
    """Installed and fitting before the rest; then by name, so that the same machine always chooses the same one."""
    return not capability.installed, bool(capability.fault), not _fits(capability), capability.provider


def _hint(name: str, offer: CapabilityOffer) -> str:
    """Say what was meant: a provider's name in a capability's place is the mistake that hides longest."""
    by_provider = sorted(
        capability.name
        for capabilities in offer.providers.values()
        for capability in capabilities
        if name in (capability.provider, capability.provider.removeprefix("personae-"))
    )
    if by_provider:
        return f"{name} is a provider, not a capability; it provides {', '.join(by_provider)}: write that."
    near = close_matches(name, offer.providers)
    return f"Did you mean {near[0]!r}?" if near else ""
