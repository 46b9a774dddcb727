"""CloudTrail: the event history, and trails. Importing this page registers its operations."""

from __future__ import annotations

from garrison.services.cloudtrail import located, lookup_events, selectors, status, tags, trails

__all__ = ["located", "lookup_events", "selectors", "status", "tags", "trails"]
