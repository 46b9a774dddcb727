"""Policy documents as IAM checks, measures and shows them."""

from __future__ import annotations

from functools import cache, lru_cache
from urllib.parse import quote

from garrison.aws import managed_policies
from garrison.aws.reference.actions import services
from garrison.policy.validate import size, validate_identity


def check_identity(document: str) -> None:
    """Raises `MalformedPolicyDocument` for what cannot be a managed or an inline policy."""
    validate_identity(document, services=_vendors())


@cache
def _vendors() -> frozenset[str]:
    """Service prefixes: those that can be called, and those of retired services that policies may still name."""
    return services() | managed_policies.vendors()


def measured(document: str) -> int:
    """Size against a quota: white space does not count (IAM user guide, "IAM and AWS STS quotas")."""
    return size(document)


@lru_cache(maxsize=256)
def shown(document: str) -> str:
    """The document as answers carry it: percent-encoded by RFC 3986."""
    return quote(document, safe="~")
