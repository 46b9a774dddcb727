"""Audits and their attestations, as operations of the service `garrison`."""

from garrison.services.audit import attestations, audits

__all__ = ["attestations", "audits"]
