"""Floods: what is normal for a resource, when its traffic is an attack, and what would stop it. Pure: no I/O, no clock.

    model = Model("arn:...:loadbalancer/app/shop/1", Learning.FAST)
    model.add(Slice(...))                    # what one inspector saw in a second, as often as it likes
    step = model.tick(now)                   # once a second; `step.opened`, `step.closed`, `step.rules`

Seconds are the clock's that the caller has; everything is kept in bounded memory however many sources there are.
"""

from garrison.shield.attributes import DIMENSIONS, attributes
from garrison.shield.event import Event
from garrison.shield.model import Learning, Model, Step
from garrison.shield.slices import Sample, Slice

__all__ = ["DIMENSIONS", "Event", "Learning", "Model", "Sample", "Slice", "Step", "attributes"]
