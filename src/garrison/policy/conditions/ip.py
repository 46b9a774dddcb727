"""IP address operators: CIDR blocks or single addresses, compared as numbers. No variables.

Source: IAM user guide, "IP address condition operators". An IPv4 block never holds an IPv6 address, nor the reverse.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from functools import lru_cache

from garrison.policy.conditions.operator import Operator
from garrison.policy.variables import Match

_PREFIX = re.compile(r"[0-9]{1,3}")


@lru_cache(maxsize=4096)
def address(text: str) -> tuple[int, int] | None:
    """`(version, number)` of an address, or None. Zone ids (`fe80::1%eth0`) are not part of the language."""
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    return None if "%" in text else (parsed.version, int(parsed))


def block(text: str) -> tuple[int, int, int] | None:
    """`(version, network shifted down, shift)` of `address` or `address/prefix`, or None."""
    host, slash, prefix = text.partition("/")
    parsed = address(host)
    if parsed is None or (slash and not _PREFIX.fullmatch(prefix)):
        return None
    version, number = parsed
    width = 32 if version == 4 else 128
    shift = width - int(prefix) if slash else 0
    return (version, number >> shift, shift) if shift >= 0 else None


def _within(values: Sequence[str], variables: bool) -> Match:
    blocks = [found for found in map(block, values) if found is not None]

    def match(actual: str, context: object) -> bool:
        given = address(actual)
        if given is None:
            return False
        version, number = given
        return any(version == kind and number >> shift == network for kind, network, shift in blocks)

    return match


OPERATORS = (
    Operator("IpAddress", _within),
    Operator("NotIpAddress", _within, negated=True),
)
