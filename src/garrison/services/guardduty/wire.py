"""Between the API's structures (`AccountId`) and the JSON of findings (`accountId`), by the model's location names."""

from __future__ import annotations

from typing import Any

from garrison.aws import models
from garrison.detect.finding import seconds


def shaped(document: Any, shape_name: str) -> Any:
    """A JSON document as the structure of that shape; what the shape has no member for is left out."""
    return _shaped(document, models.service("guardduty").shape_for(shape_name))


def wired(value: Any, shape_name: str) -> Any:
    """A structure of the API as JSON."""
    return _wired(value, models.service("guardduty").shape_for(shape_name))


def _shaped(value: Any, shape: Any) -> Any:
    if shape.type_name == "structure" and isinstance(value, dict):
        names = {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()}
        return {
            names[key][0]: _shaped(one, names[key][1]) for key, one in value.items() if key in names and one is not None
        }
    if shape.type_name == "list" and isinstance(value, list | tuple):
        return [_shaped(one, shape.member) for one in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: _shaped(one, shape.value) for key, one in value.items()}
    if shape.type_name == "timestamp" and isinstance(value, str):
        return seconds(value)
    return value


def _wired(value: Any, shape: Any) -> Any:
    if shape.type_name == "structure":
        members = shape.members
        return {members[k].serialization.get("name", k): _wired(v, members[k]) for k, v in value.items()}
    if shape.type_name == "list":
        return [_wired(one, shape.member) for one in value]
    if shape.type_name == "map":
        return {key: _wired(one, shape.value) for key, one in value.items()}
    return value
