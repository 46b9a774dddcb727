"""The learning path as an API: the operations of the service `garrison` about labs."""

from garrison.services.training import labs

__all__ = ["labs"]
