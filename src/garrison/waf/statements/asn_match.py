"""`AsnMatchStatement`: the autonomous system of an address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from garrison.waf.context import Context
from garrison.waf.statements.forwarded import Forwarded
from garrison.waf.statements.node import Located, Node
from garrison.waf.statements.on_field import Params

if TYPE_CHECKING:
    from garrison.waf.walk import Walk

NAME = "AsnMatchStatement"


def compile_statement(params: Params, context: Context) -> Node:
    """An unknown system is number 0, which a list can name."""
    numbers = frozenset(params["AsnList"])
    config = params.get("ForwardedIPConfig")
    source = Forwarded(config) if config else None

    def asn(walk: Walk) -> int | None:
        if source is None:
            walk.client_asn = walk.location().asn
            return walk.client_asn
        addresses = source.addresses(walk)
        if not addresses:
            return None
        walk.forwarded_asn = walk.locate(str(addresses[0])).asn
        return walk.forwarded_asn

    def test(walk: Walk) -> bool:
        number = asn(walk)
        if number is None:
            return source is not None and source.fallback
        return number in numbers

    return Node(
        test=test,
        locate=lambda walk: [Located("ASN", "IP", "", (str(asn(walk)).encode(),))],
        forwarded=frozenset((source.header,)) if source else frozenset(),
    )


def weigh(params: Params, context: Context) -> int:
    """1; not documented where it could be read."""
    return 1


def check(params: Params) -> None:
    """Nothing beyond the model."""
