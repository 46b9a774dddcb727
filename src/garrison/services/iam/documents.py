"""Policy documents as IAM measures and shows them."""

from __future__ import annotations

from urllib.parse import quote

_WHITE = str.maketrans("", "", " \t\n\r")


def measured(document: str) -> int:
    """Size against a quota: white space does not count (IAM user guide, "IAM and AWS STS quotas")."""
    return len(document.translate(_WHITE))


def shown(document: str) -> str:
    """The document as answers carry it: percent-encoded by RFC 3986."""
    return quote(document, safe="~")
