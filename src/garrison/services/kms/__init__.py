"""KMS: every module with operations, imported so that they are registered."""

from garrison.services.kms import (
    agreement,
    aliases,
    custom_key_stores,
    data_keys,
    deletion,
    encryption,
    grant_operations,
    imported_material,
    keys,
    last_usage,
    located,
    multi_region,
    policies,
    rotation,
    signing,
    tags,
)

__all__ = [
    "agreement",
    "aliases",
    "custom_key_stores",
    "data_keys",
    "deletion",
    "encryption",
    "grant_operations",
    "imported_material",
    "keys",
    "last_usage",
    "located",
    "multi_region",
    "policies",
    "rotation",
    "signing",
    "tags",
]
