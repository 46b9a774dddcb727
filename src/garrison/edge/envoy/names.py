"""Names of Envoy's parts: short, stable, and of characters that files and statistics can have."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def short(text: str) -> str:
    """Sixteen hexadecimal digits for an ARN or any other id."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


TYPE = "type.googleapis.com/envoy.extensions."

INSPECT = "garrison.inspect"
INSPECT_OPEN = "garrison.inspect_open"
TELL = "garrison.tell"
SCRIPT = "garrison.script"
ROUTE_SCRIPT = "garrison.route_script"
ERRORS = "garrison.errors"
STICKY = "garrison.sticky"
WORKERS = "garrison.workers"
CLIENT = "garrison.client"


def typed(name: str, config: Mapping[str, object] | None = None) -> dict[str, object]:
    """A typed configuration: `typed("filters.http.router.v3.Router")`."""
    return {"@type": TYPE + name, **(config or {})}
