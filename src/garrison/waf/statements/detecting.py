"""Statements that hand values to a detector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from garrison.waf.context import Context
from garrison.waf.plan import Chain, FieldPlan
from garrison.waf.rule_group import Detector
from garrison.waf.scan import locate as locate_pattern
from garrison.waf.statements.node import Located, Node

if TYPE_CHECKING:
    from garrison.waf.walk import Walk


def detecting(
    context: Context, field: FieldPlan, chains: Sequence[Chain], detector: Detector, sensitivity: str = ""
) -> Node:
    """True if the detector finds something in a value after one of the chains.

    What the detector asks to be in a value first is one more bit of the shared scan.
    """
    find = detector.find
    patterns = (*(_literal(text) for text in detector.literals), *detector.patterns)
    ids = frozenset(context.plan.id_of(pattern) for pattern in patterns)
    alternatives = [
        (field.step(chain), context.plan.patterns(field, chain, patterns) if patterns else 0) for chain in chains
    ]
    asked = 0
    for _, bit in alternatives:
        asked |= bit

    def candidates(walk: Walk) -> list[tuple[int, list[bytes]]]:
        """(index of the value, what to look at) for each alternative that may have something."""
        bits = walk.bits(field) if patterns else 0
        return [(step, walk.transformed(field, step)) for step, bit in alternatives if not patterns or bits & bit]

    def may_have(walk: Walk, value: bytes) -> bool:
        if not patterns:
            return True
        return not ids.isdisjoint(walk.loose(value)) or not ids.isdisjoint(walk.anchored(value))

    def test(walk: Walk) -> bool:
        if patterns and not walk.bits(field) & asked:
            return False
        values = walk.values(field)
        if isinstance(values, bool):
            return values
        if find is None:
            return True
        for _, texts in candidates(walk):
            for text in texts:
                if may_have(walk, text) and walk.detect(find, text) is not None:
                    return True
        return False

    def locate(walk: Walk) -> list[Located]:
        values = walk.values(field)
        place, kind = field.field.location, detector.condition_type
        if isinstance(values, bool):
            return [Located(kind, place, "", (), sensitivity)] if values else []
        names = field.field.names(walk.parts) if field.field.names else [""] * len(values)
        found: dict[int, Located] = {}
        for _, texts in candidates(walk):
            for index, text in enumerate(texts):
                if index in found or not may_have(walk, text):
                    continue
                name = names[index] if index < len(names) else ""
                if find is None:
                    found[index] = Located(kind, place, name, first_match(patterns, text), sensitivity)
                elif (span := walk.detect(find, text)) is not None:
                    data = span.data or (text[span.start : span.end],)
                    found[index] = Located(kind, place, name, data, sensitivity)
        return [found[index] for index in sorted(found)]

    return Node(
        test=test,
        needed={field: asked} if patterns else None,
        locate=locate,
        fields=frozenset((field,)),
        detects=detector.condition_type in ("SQL_INJECTION", "XSS"),
    )


def _literal(text: bytes) -> str:
    return "(?i)" + "".join(f"\\x{byte:02x}" for byte in text)


def first_match(patterns: Sequence[str], text: bytes) -> tuple[bytes, ...]:
    """What the first of the patterns that is in a text matches there, for showing it."""
    for pattern in patterns:
        if (span := locate_pattern(pattern, text)) is not None:
            return (text[span[0] : span[1]],)
    return ()
