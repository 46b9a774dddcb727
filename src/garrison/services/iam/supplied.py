"""`ContextEntries`: the condition keys a simulation is given, checked against the type they claim."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.policy.conditions import date, ip, numeric
from garrison.policy.request import ContextValue


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


_FITS: dict[str, Callable[[str], bool]] = {
    "string": lambda text: True,
    "numeric": lambda text: numeric.number(text) is not None,
    "boolean": lambda text: text.lower() in ("true", "false"),
    "ip": lambda text: ip.block(text) is not None,
    "binary": _is_base64,
    "date": lambda text: date.instant(text) is not None,
}


def supplied(call: Call) -> dict[str, ContextValue]:
    """The context of the call's `ContextEntries`. Raises `InvalidInput`; its texts are guesses."""
    context: dict[str, ContextValue] = {}
    for entry in call.params.get("ContextEntries") or ():
        name = entry.get("ContextKeyName")
        if not name:
            raise AwsError("InvalidInput", "A context entry needs a ContextKeyName.")
        values = tuple(entry.get("ContextKeyValues") or ())
        kind = entry.get("ContextKeyType", "stringList")
        if name.lower() in context:
            raise AwsError("InvalidInput", f"Context key {name} is given more than once.")
        if not kind.endswith("List") and len(values) != 1:
            raise AwsError("InvalidInput", f"Context key {name} of type {kind} must have exactly one value.")
        fits = _FITS[kind.removesuffix("List")]
        for value in values:
            if not fits(value):
                raise AwsError("InvalidInput", f"Value {value} of context key {name} is not of type {kind}.")
        context[name.lower()] = values[0] if len(values) == 1 else values
    return context
