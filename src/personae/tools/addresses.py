"""Which addresses of the internet may be fetched from: those that belong to everybody, and no inner one in disguise."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

__all__ = ["why_not"]

# Azure answers for the machine's own credentials here, though the address is a public one.
_METADATA = frozenset({IPv4Address("168.63.129.16")})
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_NOT_ROUTED = tuple(map(ip_network, ("0.0.0.0/8", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "fec0::/10")))


def why_not(text: str) -> str:
    """Return why `text`, an address that a name has, is refused; empty when it may be used."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return "it is no address"
    for each in _meant(address):
        if each.is_loopback or each.is_unspecified:
            return "it is this machine"
        if each.is_link_local or each in _METADATA:
            return "it is link-local, where machines keep their credentials"
        if each.is_multicast or each.is_reserved:
            return "it is no single machine"
        if not each.is_global or any(each in net for net in _NOT_ROUTED if net.version == each.version):
            return "it is in a private network"
    return ""


def _meant(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """Return the IPv4 address within an IPv6 one where a gateway would go there, else the address itself."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    if any(address in net for net in _NAT64) or 1 < int(address) < 1 << 32:
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    if address.sixtofour:
        return [address, address.sixtofour]
    return [address, *address.teredo] if address.teredo else [address]
