"""Unique ids as AWS mints them. Source: IAM user guide, "IAM identifiers"; access key layout seen on public keys."""

from __future__ import annotations

import base64
import secrets
import string

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_SECRET = string.ascii_letters + string.digits + "+/"
_ACCOUNT_MASK = 0x7FFFFFFFFF80


def unique_id(prefix: str) -> str:
    """A 21-character unique id: `AIDA` user, `AROA` role, `AGPA` group, `ANPA` managed policy, `AIPA` profile, ..."""
    # 32 and 64 letters: a byte's low bits choose one, each as likely as any other.
    return prefix + "".join([_BASE32[byte & 31] for byte in secrets.token_bytes(21 - len(prefix))])


def access_key_id(account: str, prefix: str = "AKIA") -> str:
    """A 20-character access key id whose first bytes encode the account, so that no lookup is needed to find it."""
    head = (int(account) << 7) & _ACCOUNT_MASK
    raw = bytearray(secrets.token_bytes(10))
    mixed = (int.from_bytes(raw[:6], "big") & ~_ACCOUNT_MASK) | head
    # The top bit stays set, as on keys AWS mints today; `account_of` masks it away.
    mixed |= 1 << 47
    return prefix + base64.b32encode(mixed.to_bytes(6, "big") + bytes(raw[6:])).decode()


def account_of(key_id: str) -> str | None:
    """The account encoded in an access key id, or None if `key_id` has not the form of one."""
    if len(key_id) != 20 or key_id[:4] not in ("AKIA", "ASIA"):
        return None
    try:
        head = int.from_bytes(base64.b32decode(key_id[4:])[:6], "big")
    except ValueError:
        return None
    return f"{(head & _ACCOUNT_MASK) >> 7:012d}"


def secret_access_key() -> str:
    """A 40-character secret."""
    return "".join([_SECRET[byte & 63] for byte in secrets.token_bytes(40)])
