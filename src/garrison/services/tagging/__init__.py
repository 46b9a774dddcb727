"""The Resource Groups Tagging API: what has which tags, over all services."""

from garrison.services.tagging import resources

__all__ = ["resources"]
