"""`BinaryEquals`: base64 on both sides, compared as bytes. Source: IAM user guide, "Binary condition operators"."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from garrison.policy.conditions.operator import Operator
from garrison.policy.variables import Match


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _equals(values: Sequence[str], variables: bool) -> Match:
    wanted = frozenset(map(_decoded, values)) - {None}
    return lambda actual, context: _decoded(actual) in wanted


OPERATORS = (Operator("BinaryEquals", _equals),)
