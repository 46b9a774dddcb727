"""The service reference: which (action, resource, condition keys) an API call means.

`resolve` is what enforcement, coverage and simulation ask. A call whose meaning is not known raises `Unmapped`, and the
gateway refuses it: unknown fails closed.
"""

from __future__ import annotations

from garrison.aws.reference.check import CALLER, MARKER, Check, Malformed, Unmapped
from garrison.aws.reference.resolve import resolve

__all__ = ["CALLER", "MARKER", "Check", "Malformed", "Unmapped", "resolve"]
