"""From where and with what somebody calls, in values few enough to be learned."""

from __future__ import annotations

import functools
import ipaddress
import re

from garrison.detect.addresses import public
from garrison.detect.amazon import ASNS, maybe_amazon
from garrison.detect.context import Context

_FAMILY = re.compile(r"[A-Za-z][A-Za-z .+_-]*")


def network(context: Context, address: str) -> str:
    """The network's number where a database says, else the address's first 16 bits (of IPv6: 32); "" where it is not
    of the internet. Amazon's are one: programs there come from ever other addresses of it."""
    if not public(address):
        return ""
    place = context.place(address)
    if place.asn in ASNS or (not place.asn and maybe_amazon(address)):
        return "Amazon"
    return f"AS{place.asn}" if place.asn else _prefix(address)


@functools.lru_cache(maxsize=65536)
def _prefix(address: str) -> str:
    bits = 32 if ":" in address else 16
    return str(ipaddress.ip_network(f"{address}/{bits}", strict=False))


def country(context: Context, address: str) -> str:
    """Its code, or "" where nothing is known."""
    return context.place(address).country if public(address) else ""


@functools.lru_cache(maxsize=65536)
def agent(user_agent: str) -> str:
    """The program's family: `aws-cli`, `Boto3`, `Mozilla`; nothing of its version."""
    text = user_agent.strip().strip("[]")
    if text.endswith(".amazonaws.com"):
        return text
    found = _FAMILY.match(text)
    return found[0].strip(" .-_+").lower() if found else text[:16].lower()
