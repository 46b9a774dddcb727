"""Shield: every module with operations, imported so that they are registered."""

from garrison.services.shield import (
    attacks,
    automatic_response,
    contacts,
    drt,
    health_checks,
    located,
    protection_groups,
    protections,
    subscription,
    tags,
)

__all__ = [
    "attacks",
    "automatic_response",
    "contacts",
    "drt",
    "health_checks",
    "located",
    "protection_groups",
    "protections",
    "subscription",
    "tags",
]
