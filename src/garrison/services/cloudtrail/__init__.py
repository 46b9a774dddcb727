"""CloudTrail: the event history. Importing this page registers its operations."""

from __future__ import annotations

from garrison.services.cloudtrail import lookup_events

__all__ = ["lookup_events"]
