"""Artifact: every module with operations, imported so that they are registered."""

from garrison.services.artifact import (
    agreements,
    customer_agreements,
    located,
    publishing,
    regulations,
    reports,
    settings,
)

__all__ = ["agreements", "customer_agreements", "located", "publishing", "regulations", "reports", "settings"]
