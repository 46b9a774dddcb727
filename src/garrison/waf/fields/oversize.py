"""OversizeHandling: CONTINUE with what is within the limit, or MATCH or NO_MATCH without looking."""

from __future__ import annotations

from collections.abc import Callable

from garrison.waf.fields.field import Params, Values
from garrison.waf.parts import Parts


def handled(
    params: Params, exceeds: Callable[[Parts], bool], extract: Callable[[Parts], Values]
) -> Callable[[Parts], Values]:
    """`extract`, unless the component is oversize and that settles it. Source: developer guide, "Oversize handling"."""
    handling = params.get("OversizeHandling", "CONTINUE")
    if handling == "CONTINUE":
        return extract
    settled = handling == "MATCH"
    return lambda parts: settled if exceeds(parts) else extract(parts)


def body_exceeds(parts: Parts) -> bool:
    """Whether the body is longer than the inspection limit."""
    return parts.body_oversize
