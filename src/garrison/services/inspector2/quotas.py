"""What Inspector allows. Source: Inspector user guide, "Quotas"; marked numbers are recalled."""

from __future__ import annotations

FILTERS = 500
"""Suppression rules per account."""
CIS_CONFIGURATIONS = 500
"""Recalled."""
TAGS = 50
