"""How an `AwsError` looks in a service's own terms: wire code, HTTP status, modelled members."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from garrison.aws import models
from garrison.aws.errors import AwsError

if TYPE_CHECKING:
    from botocore.model import StructureShape


class Wire(NamedTuple):
    """An error as it will be sent."""

    code: str
    """`error.code` of the model, or the `AwsError`'s own code."""
    shape: str
    """The modelled shape's name, or the code again."""
    status: int
    fault: bool
    """Whether it is the service's fault (`Receiver`)."""
    model: StructureShape | None
    members: dict[str, Any]
    """Modelled members, the message among them under its own name. Empty if the error is not modelled."""
    message: str
    unmodelled: dict[str, str]
    """The message, where the model has no member for it: clients look for it all the same."""


def wire(service: str | None, error: AwsError) -> Wire:
    """The wire form of an error of a service; without a service, of the bare error."""
    modelled = models.errors(service).get(error.code) if service is not None else None
    if modelled is None or service is None:
        status = error.status or 400
        return Wire(error.code, error.code, status, status >= 500, None, {}, error.message, {"message": error.message})
    shape, message_member = _shape(service, modelled.shape)
    members = {k: v for k, v in error.fields.items() if k in shape.members}
    if message_member is not None and error.message:
        members.setdefault(message_member, error.message)
    unmodelled = {"message": error.message} if message_member is None else {}
    status = error.status or modelled.status
    return Wire(modelled.code, modelled.shape, status, status >= 500, shape, members, error.message, unmodelled)


@lru_cache(maxsize=1024)
def _shape(service: str, name: str) -> tuple[StructureShape, str | None]:
    shape = models.error_shape(service, name)
    return shape, next((m for m in shape.members if m.lower() == "message"), None)
