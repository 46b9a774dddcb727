"""`XssMatchStatement`: cross-site scripting."""

from __future__ import annotations

import functools
import importlib

from garrison.waf.context import Context
from garrison.waf.plan import chain_of
from garrison.waf.rule_group import Detector
from garrison.waf.statements.detecting import detecting
from garrison.waf.statements.node import Node
from garrison.waf.statements.on_field import Params, check_field, weight

NAME = "XssMatchStatement"


def compile_statement(params: Params, context: Context) -> Node:
    """Each value by itself."""
    return detecting(context, context.plan.field(params), (chain_of(params["TextTransformations"]),), _detector())


@functools.cache
def _detector() -> Detector:
    xss = importlib.import_module("garrison.waf.detectors.xss")
    detector = getattr(xss, "DETECTOR", None)
    if isinstance(detector, Detector):
        return detector
    return Detector(name="xss", find=xss.find, condition_type="XSS")


def weigh(params: Params, context: Context) -> int:
    """40."""
    return weight(params, 40)


def check(params: Params) -> None:
    """The field."""
    check_field(params)
