"""`DetectorStatement`, for managed groups: a detector of their own over alternative chains."""

from __future__ import annotations

from garrison.waf.context import Context
from garrison.waf.plan import Chain
from garrison.waf.statements.detecting import detecting
from garrison.waf.statements.node import Node
from garrison.waf.statements.on_field import Params
from garrison.waf.transformations import TRANSFORMATIONS

NAME = "DetectorStatement"


def compile_statement(params: Params, context: Context) -> Node:
    """See `garrison.waf.rule_group`."""
    chains: list[Chain] = [
        tuple(TRANSFORMATIONS[step] if isinstance(step, str) else step for step in chain if step != "NONE")
        for chain in params.get("Chains") or ((),)
    ]
    return detecting(context, context.plan.field(params), chains, params["Detector"])


def weigh(params: Params, context: Context) -> int:
    """Nothing: a managed group has its capacity."""
    return 0


def check(params: Params) -> None:
    """Nothing: no client can write one."""
