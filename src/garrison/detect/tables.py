"""What window detectors read: tables of the last hours, as ibis expressions, on whichever engine holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import ibis


class Tables(Protocol):
    """Handed to a window detector. Columns have the names of the fields in `events`."""

    since: float
    """From where on rows are complete: seconds since 1970. A window that begins before it was seen in part."""
    now: float
    """Until where events count: seconds since 1970."""

    def table(self, name: str) -> ibis.Table:
        """The table's rows within the detector's window: `api`, `flow`, `dns`, `kubernetes`, `login` or `web`."""
        ...

    def rows(self, expression: ibis.Table) -> list[dict[str, Any]]:
        """Its rows, executed."""
        ...
