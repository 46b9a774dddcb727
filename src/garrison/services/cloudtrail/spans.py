"""When a trail was logging: switched on, switched off."""

from __future__ import annotations

import msgspec

from garrison.services.cloudtrail.resources import Delivery, Span
from garrison.trail.position import Position


def started(state: Delivery, end: Position, now: float) -> Delivery:
    """Switched on. `end` is where the trail ends just now, or a little before."""
    if state.logging:
        return state
    at = state.at if state.spans else end
    return msgspec.structs.replace(state, at=at, spans=(*state.spans, Span(now)), started=now, stopped=None)


def stopped(state: Delivery, now: float) -> Delivery:
    """Switched off: what happens from now on is not delivered."""
    if not state.logging:
        return state
    last = Span(state.spans[-1].start, now)
    return msgspec.structs.replace(state, spans=(*state.spans[:-1], last), stopped=now)


def within(spans: tuple[Span, ...], time: float) -> bool:
    """Whether the trail was logging then."""
    return any(span.start <= time and (span.end is None or time <= span.end) for span in spans)
