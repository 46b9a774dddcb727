"""The ids of Organizations. Source: the patterns of its API reference."""

from __future__ import annotations

import secrets
import string

_LETTERS = string.ascii_lowercase + string.digits


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def organization_id() -> str:
    """`o-` and ten characters."""
    return f"o-{_random(10)}"


def root_id() -> str:
    """`r-` and four characters."""
    return f"r-{_random(4)}"


def unit_id(root: str) -> str:
    """`ou-`, the root's four characters, and eight more."""
    return f"ou-{root[2:]}-{_random(8)}"


def policy_id() -> str:
    """`p-` and eight characters."""
    return f"p-{_random(8)}"


def handshake_id() -> str:
    """`h-` and ten characters."""
    return f"h-{_random(10)}"


def creation_id() -> str:
    """`car-` and thirty-two characters."""
    return f"car-{_random(32)}"


def resource_policy_id() -> str:
    """`rp-` and eight characters."""
    return f"rp-{_random(8)}"


def account_id() -> str:
    """Twelve digits, the first of them not zero."""
    return str(secrets.randbelow(9 * 10**11) + 10**11)
