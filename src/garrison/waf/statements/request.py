"""`RequestStatement`, for managed groups: a function of the whole inspection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from garrison.waf.addresses import parse
from garrison.waf.context import IP_LIST, Context
from garrison.waf.request import Location, Request
from garrison.waf.statements.node import Node
from garrison.waf.statements.on_field import Params

if TYPE_CHECKING:
    from garrison.waf.walk import Walk

NAME = "RequestStatement"


class Inspected:
    """The `Inspection` such a function sees."""

    __slots__ = ("_context", "_walk", "labels", "now", "request")

    def __init__(self, walk: Walk, context: Context) -> None:
        self.request: Request = walk.request
        self.now = walk.now
        self.labels = tuple(walk.labels)
        self._walk = walk
        self._context = context

    @property
    def path(self) -> bytes:
        """As sent."""
        return self._walk.parts.path

    @property
    def location(self) -> Location:
        """Of the client."""
        return self._walk.location()

    @property
    def token_state(self) -> str:
        """As in `Verdict.token`."""
        return self._walk.token_state()

    @property
    def token_id(self) -> str:
        """Session of an accepted token."""
        token = self._walk.reading().token
        return token.id if token else ""

    @property
    def suspicion(self) -> str | None:
        """None while the resource is not attacked; otherwise `none`, `low`, `medium` or `high`."""
        floods = self._walk.state.floods()
        return (floods.suspicion(self.request) or "none") if floods.attacked(self.request.resource.id) else None

    def count(self, purpose: str, key: bytes, window: int) -> int:
        """Count this request."""
        instance = f"{self._context.instance}/{purpose}/{window}".encode()
        return self._walk.state.counters.add(instance, self._walk.digest(key), self.now, window)

    def in_list(self, name: str, address: str) -> bool:
        """Whether an operator's list has the address."""
        parsed = parse(address)
        return parsed is not None and parsed in self._context.addresses(IP_LIST + name)


def compile_statement(params: Params, context: Context) -> Node:
    """Labels the function answers are added after the rule, as its own are."""
    find = params["Find"]

    def test(walk: Walk) -> bool:
        labels = find(Inspected(walk, context))
        if labels is None:
            return False
        walk.later(context.label_prefix + label for label in labels)
        return True

    return Node(test=test)


def weigh(params: Params, context: Context) -> int:
    """Nothing: a managed group has its capacity."""
    return 0


def check(params: Params) -> None:
    """Nothing: no client can write one."""
