"""What kind of address one is."""

from __future__ import annotations

import functools
import ipaddress

_DOCUMENTATION = tuple(
    ipaddress.ip_network(n) for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)


@functools.lru_cache(maxsize=65536)
def public(address: str) -> bool:
    """Whether an address is routed on the internet. Those kept for examples count as if they were: rules are tried
    with them. False for what is no address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if found.version == 6 and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if found.is_multicast:
        return False
    return found.is_global or any(found.version == n.version and found in n for n in _DOCUMENTATION)
