"""What a component of a request is to a rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from garrison.waf.parts import Parts

Params = Mapping[str, Any]

Values = list[bytes] | bool
"""What is matched one by one; True or False where that is settled without looking: oversize or fallback handling, or a
component that is not there (False)."""


class Field(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """A FieldToMatch, ready to be taken out of requests."""

    extract: Callable[[Parts], Values]
    location: str
    """As the log's `location` has it."""
    names: Callable[[Parts], list[str]] | None = None
    """Names beside the values `extract` gave."""
    oversize: str = ""
    """What the log's `oversizeFields` calls it."""
    exceeds: Callable[[Parts], bool] | None = None
    """Whether there is more of it than is inspected."""
