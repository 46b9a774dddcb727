"""What a subscription allows. Source: developer guide, "AWS Shield Advanced quotas"; marked numbers are recalled."""

from __future__ import annotations

TERM = 31_536_000
"""Seconds of commitment: a year."""
RENEWAL = 30 * 86_400
"""Seconds before the end of the term in which its renewal may be changed (recalled)."""
PROTECTIONS = 1_000
"""Per resource type."""
GROUPS = 100
MEMBERS = 1_000
"""Of one ARBITRARY group."""
CONTACTS = 10
BUCKETS = 10
TAGS = 200
"""API reference, `TagList`."""
