"""Which addresses lie outside: nobody's server, private network or machine (pure)."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_NAT64 = IPv6Network("64:ff9b::/96")
_V4_COMPATIBLE = IPv6Network("::/96")
_SITE_LOCAL = IPv6Network("fec0::/10")


def is_public(text: str) -> bool:
    """Tell whether an address may be connected to on a stranger's word.

    `is_global` is not enough: it says yes to addresses that carry an inner one, such as
    NAT64's way to a cloud's metadata service, to old site-local ones and to multicast.
    An address that carries others is public only if those are.

    Raises:
        ValueError: It is no IP address.
    """
    address = ip_address(text.split("%", 1)[0])
    inner = _inner(address)
    if inner:
        return all(is_public(str(one)) for one in inner)
    if isinstance(address, IPv6Address) and address in _SITE_LOCAL:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _inner(address: IPv4Address | IPv6Address) -> tuple[IPv4Address, ...]:
    """Give the IPv4 addresses that an IPv6 one carries (mapped, 6to4, Teredo, NAT64)."""
    if isinstance(address, IPv4Address):
        return ()
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address.teredo is not None:
        return address.teredo
    if address in _NAT64 or address in _V4_COMPATIBLE:
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    return ()
