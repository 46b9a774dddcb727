"""What moves between services: layer by layer, towards the provider or towards the customer."""

from __future__ import annotations

import msgspec

from garrison.responsibility.layers import Layer
from garrison.responsibility.matrix import Matrix
from garrison.responsibility.parties import Party


class Step(msgspec.Struct, frozen=True):
    """One layer, from one service to the next."""

    layer: Layer
    before: Party
    after: Party

    @property
    def direction(self) -> str:
        """`provider` or `customer`: whom work moves to; `gone` or `new` where only one of the two has the layer."""
        if self.after is Party.NOBODY:
            return "gone"
        if self.before is Party.NOBODY:
            return "new"
        return "provider" if self.after.weight < self.before.weight else "customer"


def moves(matrix: Matrix) -> list[list[Step]]:
    """For each row but the first, what differs from the row before it."""
    return [
        [
            Step(new.layer, old.party, new.party)
            for old, new in zip(before.cells, after.cells, strict=True)
            if old.party is not new.party
        ]
        for before, after in zip(matrix.rows, matrix.rows[1:], strict=False)
    ]
