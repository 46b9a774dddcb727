"""What `AndStatement`, `OrStatement` and `NotStatement` share: putting compiled statements together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from garrison.waf.plan import FieldPlan
from garrison.waf.statements.node import Located, Needed, Node, nowhere

if TYPE_CHECKING:
    from garrison.waf.walk import Walk


def joined(
    children: Sequence[Node],
    test: Callable[[Walk], bool],
    needed: Needed | None,
    locate: Callable[[Walk], list[Located]] = nowhere,
) -> Node:
    """A statement of several, with all that its parts need and do."""
    return Node(
        test=test,
        needed=needed,
        locate=locate,
        fields=frozenset[FieldPlan]().union(*(child.fields for child in children)),
        forwarded=frozenset[bytes]().union(*(child.forwarded for child in children)),
        effects=tuple(effect for child in children for effect in child.effects),
        detects=any(child.detects for child in children),
    )
