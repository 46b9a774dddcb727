"""IAM: every module with operations, imported so that they are registered."""

from garrison.services.iam import (
    access_keys,
    account_alias,
    attachments,
    boundary,
    groups,
    located,
    mfa,
    provider,
    users,
)

__all__ = [
    "access_keys",
    "account_alias",
    "attachments",
    "boundary",
    "groups",
    "located",
    "mfa",
    "provider",
    "users",
]
