"""Parameters and errors of calls as CloudTrail writes them, which differs by service."""

from __future__ import annotations

from typing import Any

from garrison.detect.events import ApiCall


def denied(call: ApiCall) -> bool:
    """Whether the caller was not allowed: it wanted to, and only its permissions stopped it."""
    return "AccessDenied" in call.error or "Unauthorized" in call.error


def text(value: object) -> str:
    """A parameter as text; "" for what is none."""
    return value if isinstance(value, str) else ""


def items(value: object) -> list[object]:
    """A list as EC2 writes it (`{"items": [...]}`), as everybody else does, or one thing without a list."""
    if isinstance(value, dict) and "items" in value:
        value = value["items"]
    if isinstance(value, list):
        return value
    return [] if value is None or value == {} else [value]


def truth(value: object) -> bool | None:
    """A boolean as parameters have it: true, "true", or {"value": true}; None for anything else."""
    if isinstance(value, dict):
        value = value.get("value")
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return None


def mapping(value: object) -> dict[str, Any]:
    """A structure; {} for what is none."""
    return value if isinstance(value, dict) else {}
