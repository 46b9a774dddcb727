"""Which schema versions this Garrison can use."""

from __future__ import annotations

from garrison.store import StoreUnavailable
from garrison.store.schema import SCHEMA_VERSION


class NewerDatabase(StoreUnavailable):
    """The database was written by a newer Garrison."""


def check_version(found: str, place: str) -> None:
    """Raises `NewerDatabase` for a version above ours."""
    if not found.isdecimal() or int(found) > SCHEMA_VERSION:
        raise NewerDatabase(
            f"{place} has schema version {found}; this Garrison knows versions up to {SCHEMA_VERSION}. "
            "It was written by a newer Garrison: upgrade this one, or use another database."
        )
