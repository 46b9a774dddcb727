"""The four functions that carry one operation over one protocol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from garrison.access.call import HttpRequest
from garrison.aws.errors import AwsError
from garrison.gateway.protocols.response import HttpResponse
from garrison.gateway.route import Route

Params = dict[str, Any]
Parse = Callable[[HttpRequest, Route], Params]
Validate = Callable[[Params], None]
Serialize = Callable[["Params | None", str], HttpResponse]
SerializeError = Callable[[AwsError, str], HttpResponse]


@dataclass(slots=True, frozen=True)
class Codec:
    """Compiled once from the model.

    Values on both sides: text `str`, numbers `int`/`float`, blobs `bytes`, lists `list`, structures and maps `dict`
    with the model's member names, timestamps seconds since the epoch as `float`, documents and `jsonvalue` whatever
    JSON holds. A streaming payload is `bytes`. Absent members are absent.
    """

    service: str
    operation: str
    protocol: str
    parse: Parse
    """`(request, route) -> params`; raises `AwsError` where the wire form is wrong or a value has the wrong type."""
    validate: Validate
    """`(params)`; raises `AwsError` naming every constraint of the model that fails."""
    serialize: Serialize
    """`(output, request_id) -> response`; timestamps may also be `datetime`s."""
    error: SerializeError
    """`(error, request_id) -> response`."""
