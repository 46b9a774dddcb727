"""`SqliMatchStatement`: SQL injection."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable

from garrison.waf.context import Context
from garrison.waf.plan import chain_of
from garrison.waf.rule_group import Detector, Span
from garrison.waf.statements.detecting import detecting
from garrison.waf.statements.node import Node
from garrison.waf.statements.on_field import Params, check_field, weight

NAME = "SqliMatchStatement"


def compile_statement(params: Params, context: Context) -> Node:
    """SensitivityLevel LOW is the default."""
    sensitivity = params.get("SensitivityLevel") or "LOW"
    field, chain = context.plan.field(params), chain_of(params["TextTransformations"])
    return detecting(context, field, (chain,), _detector(sensitivity), sensitivity)


@functools.cache
def _detector(sensitivity: str) -> Detector:
    # Loaded with the first rule that needs it: detectors come with tables of their own.
    sqli = importlib.import_module("garrison.waf.detectors.sqli")
    detector = getattr(sqli, f"DETECTOR_{sensitivity}", None)
    if isinstance(detector, Detector):
        return detector
    find: Callable[[bytes], Span | None] = functools.partial(sqli.find, sensitivity=sensitivity)
    return Detector(name=f"sqli {sensitivity}", find=find, condition_type="SQL_INJECTION")


def weigh(params: Params, context: Context) -> int:
    """20, with high sensitivity 30."""
    return weight(params, 30 if params.get("SensitivityLevel") == "HIGH" else 20)


def check(params: Params) -> None:
    """The field."""
    check_field(params)
