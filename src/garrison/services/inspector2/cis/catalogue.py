"""What is known of checks by their ids, for agents that report only those."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any


@cache
def _known() -> dict[str, Any]:
    try:
        module: Any = importlib.import_module("garrison.scan.host_checks")
    except ModuleNotFoundError:
        return {}
    return dict(module.load())


def find(id: str) -> dict[str, str]:
    """`title`, `description`, `remediation`, `level` of a check; empty if it is not known."""
    check = _known().get(id)
    if check is None:
        return {}
    return {
        "title": check.title,
        "description": check.description,
        "remediation": check.remediation,
        "level": check.security_level,
    }
