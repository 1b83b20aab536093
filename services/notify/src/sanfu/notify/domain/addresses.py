"""Which addresses a hook may be posted to. Pure: what a name resolves to is given.

Whoever may write a hook's URL, or the name server behind it, must not reach what only this machine reaches: itself, its
network, the clouds' metadata. A network of the city's own is reached where the operators' file names it.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

METADATA = frozenset(
    ip_address(one) for one in ("100.100.100.200", "fd00:ec2::254", "168.63.129.16", "192.0.0.192")
)  # fmt: skip
"""Where clouds tell a machine its keys (Aliyun, AWS by IPv6, Azure, Oracle); that of all others is a link-local one."""
_TRANSLATED = ip_network("64:ff9b::/96")
"""RFC 6052: the last 32 bits are an IPv4 address, to which a translator takes it."""


def unfit(text: str, networks: Sequence[Network] = (), *, encrypted: bool = True) -> str | None:
    """Say why an address must not be posted to; None: it may. `networks` are reached although they are private, and
    without TLS; nothing is reached that is link-local, multicast, reserved or some cloud's metadata."""
    address = embedded(ip_address(text.partition("%")[0]))
    if address in METADATA or _is_nobodys(address):
        return "address_forbidden"
    if any(address in network for network in networks):
        return None
    if not address.is_global:
        return "address_private"
    return None if encrypted else "address_needs_tls"


def embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, IPv6Address):
        if address in _TRANSLATED:
            return IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address


def networked(text: str) -> Network:
    """Read a network that hooks may reach: 10.20.0.0/16. Raises ValueError that says what would be right."""
    try:
        found = ip_network(text)
    except ValueError:
        raise ValueError("write a network as 10.20.0.0/16, with no bits set behind its length") from None
    if found.is_link_local or found.is_multicast or found.prefixlen < 8:
        raise ValueError("must not be link-local, multicast, or wider than /8")
    return found


def _is_nobodys(address: Address) -> bool:
    if address.is_loopback:  # by IPv6 it is among the reserved ones
        return False
    site_local = isinstance(address, IPv6Address) and address.is_site_local
    return address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved or site_local
