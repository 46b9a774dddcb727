"""What CloudFront stores. It is a global service: rows have no region.

- `DISTRIBUTION`: name is its id (`E...`), id is its ARN
- `INVALIDATION`: parent is the distribution's id, name and id are its own

Lookups: `CALLER_REFERENCE`: account/reference -> distribution ARN; `ALIAS`: domain name -> distribution ARN.
"""

from __future__ import annotations

import secrets
import string
from typing import Any

import msgspec

from garrison.store import Kind

CALLER_REFERENCE = "cloudfront.caller-reference"
ALIAS = "cloudfront.alias"
_LETTERS = string.ascii_uppercase + string.digits


class Distribution(msgspec.Struct, frozen=True, omit_defaults=True):
    """A distribution."""

    config: dict[str, Any]
    """`DistributionConfig` with every default filled in."""
    etag: str
    domain: str
    http_port: int
    https_port: int
    tags: dict[str, str] = {}


class Invalidation(msgspec.Struct, frozen=True):
    """A recorded invalidation. Nothing is cached, so it is complete at once."""

    caller_reference: str
    paths: tuple[str, ...]


DISTRIBUTION = Kind("cloudfront.distribution", Distribution)
INVALIDATION = Kind("cloudfront.invalidation", Invalidation)


def new_id(first: str, length: int = 14) -> str:
    """An id as CloudFront makes them: `E1PA6795UKMFR9`."""
    return first + "".join([secrets.choice(_LETTERS) for _ in range(length - 1)])


def arn_of(partition: str, account: str, id: str) -> str:
    return f"arn:{partition}:cloudfront::{account}:distribution/{id}"
