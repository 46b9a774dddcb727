"""`IPSetReferenceStatement`: the client's address, or a forwarded one, in a set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from garrison.waf.context import Context
from garrison.waf.statements.forwarded import Forwarded
from garrison.waf.statements.node import Located, Node
from garrison.waf.statements.on_field import Params

if TYPE_CHECKING:
    from garrison.waf.walk import Walk

NAME = "IPSetReferenceStatement"
ANY_COST = 4


def compile_statement(params: Params, context: Context) -> Node:
    """Position ANY of a forwarding header matches if one of its last ten addresses is in the set."""
    networks = context.addresses(params["ARN"])
    config = params.get("IPSetForwardedIPConfig")
    if not config:

        def test(walk: Walk) -> bool:
            address = walk.address()
            return address is not None and address in networks

        return Node(test=test, locate=lambda walk: [Located("IP", "IP", "", (walk.request.source_ip.encode(),))])
    source = Forwarded(config)

    def test_forwarded(walk: Walk) -> bool:
        addresses = source.addresses(walk)
        return source.fallback if addresses is None else any(address in networks for address in addresses)

    def locate(walk: Walk) -> list[Located]:
        found = [str(address).encode() for address in source.addresses(walk) or () if address in networks]
        return [Located("IP", "HEADER", source.header.decode(), tuple(found))]

    return Node(test=test_forwarded, locate=locate, forwarded=frozenset((source.header,)))


def weigh(params: Params, context: Context) -> int:
    """1, and 4 more for any address of a forwarding header."""
    config = params.get("IPSetForwardedIPConfig")
    return 1 + (ANY_COST if config and config["Position"] == "ANY" else 0)


def check(params: Params) -> None:
    """Nothing beyond the model and the reference."""
