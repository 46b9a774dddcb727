"""How well the meaning of an operation is known, for coverage."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from garrison.aws import models
from garrison.aws.reference.check import Unmapped
from garrison.aws.reference.resolve import plan


class Standing(StrEnum):
    """From best to worst."""

    EXPLICIT = "explicit"
    """A rule of ours for this very operation says what it means."""
    RULE = "rule"
    """The action of its name, on resources that a rule of ours for its service finds among its parameters."""
    DEFAULT = "default"
    """The action of its name, on resources its parameters name."""
    STAR = "default, on *"
    """The action of its name, whose resources are optional and not found among its parameters: asked for on `*`."""
    CLOSED = "refused"
    """No known action, or a required resource its parameters do not name: every call is refused."""


def standing(service: str, operation: str) -> tuple[Standing, str]:
    """How an operation of a botocore service stands, and for `CLOSED` why."""
    try:
        found = plan(service, operation)
    except Unmapped as e:
        return Standing.CLOSED, str(e)
    for check in found.checks:
        if not check.optional and any(slot.required and not slot.ways for slot in check.slots):
            return Standing.CLOSED, f"the resource of {check.action} is not found among the parameters"
    if found.source in (Standing.EXPLICIT, Standing.RULE):
        return Standing(found.source), ""
    slots = found.checks[0].slots
    return (Standing.STAR if slots and not any(slot.ways for slot in slots) else Standing.DEFAULT), ""


class Counted(msgspec.Struct, frozen=True):
    """How many operations of a service stand how, for a gateway in front of it."""

    service: str
    """botocore's name."""
    explicit: int
    """A rule of their own says what they mean."""
    default: int
    """By the general rule: the action of their name, on what their parameters name."""
    refused: int
    """Every call is refused."""
    operations: int


def counted(service: str) -> Counted:
    """The counts of one botocore service. Raises KeyError for a service botocore does not know."""
    names = models.service(service).operation_names
    found = [standing(service, name)[0] for name in names]
    explicit, refused = found.count(Standing.EXPLICIT), found.count(Standing.CLOSED)
    return Counted(service, explicit, len(found) - explicit - refused, refused, len(found))
