"""Who secures what, as an API: the operations of the service `garrison` about the shared responsibility model."""

from garrison.services.responsibility import operations

__all__ = ["operations"]
