"""ForwardedIPConfig, as several statements have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from garrison.waf.addresses import Address, forwarded
from garrison.waf.statements.on_field import Params

if TYPE_CHECKING:
    from garrison.waf.walk import Walk


class Forwarded:
    """The addresses of a forwarding header, or what to do when it is malformed.

    Where the header is missing the whole rule does not apply (`Node.forwarded`): "If the specified header isn't present
    in the request, AWS WAF doesn't apply the rule to the web request at all" (API reference).
    """

    __slots__ = ("fallback", "header", "position")

    def __init__(self, config: Params) -> None:
        self.header: bytes = config["HeaderName"].lower().encode()
        self.position: str = config.get("Position") or "FIRST"
        self.fallback: bool = config["FallbackBehavior"] == "MATCH"

    def addresses(self, walk: Walk) -> list[Address] | None:
        """None: malformed."""
        return forwarded(walk.parts, self.header, self.position)
