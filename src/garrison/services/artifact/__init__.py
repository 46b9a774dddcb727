"""Artifact: every module with operations, imported so that they are registered."""

from garrison.services.artifact import (
    agreements,
    customer_agreements,
    inquiries,
    located,
    publishing,
    regulations,
    reports,
    settings,
    tags,
)

__all__ = [
    "agreements",
    "customer_agreements",
    "inquiries",
    "located",
    "publishing",
    "regulations",
    "reports",
    "settings",
    "tags",
]
