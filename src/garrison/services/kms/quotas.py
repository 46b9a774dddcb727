"""Quotas of KMS, per account and Region. Source: KMS developer guide, "Resource quotas"."""

from __future__ import annotations

from garrison.access.runtime import Runtime

KEYS = 100_000
KEYS_NAME = "KeysPerAccount"
"""The operator changes it by this name."""
ALIASES_PER_KEY = 50
GRANTS_PER_KEY = 50_000
TAGS = 50
CUSTOM_KEY_STORES = 10
ON_DEMAND_ROTATIONS = 25


def keys(runtime: Runtime) -> int:
    """Customer managed keys of an account in a Region."""
    return runtime.quotas.get(KEYS_NAME, KEYS)
