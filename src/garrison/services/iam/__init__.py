"""IAM: every module with operations, imported so that they are registered."""

from garrison.services.iam import (
    access_keys,
    account_alias,
    groups,
    users,
)

__all__ = [
    "access_keys",
    "account_alias",
    "groups",
    "users",
]
