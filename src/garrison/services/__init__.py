"""One room per AWS service. Importing this page imports none of them; `load` does."""

from __future__ import annotations

import importlib

_SERVICES = (
    "cloudfront",
    "cloudtrail",
    "ec2",
    "elbv2",
    "iam",
    "kms",
    "organizations",
    "responsibility",
    "shield",
    "signin",
    "sts",
    "tagging",
    "wafv2",
)


def load() -> None:
    """Import every service, which registers its operations and providers. Safe to call again."""
    for name in _SERVICES:
        importlib.import_module(f"garrison.services.{name}")
