"""One room per AWS service. Importing this page imports none of them; `load` does."""

from __future__ import annotations

import importlib
from collections.abc import Iterable

_SERVICES = (
    "account",
    "artifact",
    "assessments",
    "audit",
    "cloudfront",
    "cloudtrail",
    "ec2",
    "elbv2",
    "guardduty",
    "iam",
    "inspector2",
    "inspector_scan",
    "kms",
    "organizations",
    "responsibility",
    "shield",
    "signin",
    "sts",
    "tagging",
    "training",
    "wafv2",
)


def load(names: Iterable[str] = _SERVICES) -> None:
    """Import services (default: every one), which registers their operations and providers. Safe to call again."""
    for name in names:
        importlib.import_module(f"garrison.services.{name}")
