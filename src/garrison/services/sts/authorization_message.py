"""DecodeAuthorizationMessage: why a call was denied, for whoever may read it."""

from __future__ import annotations

from typing import Any

from garrison.access.authorization_message import NoMessage, decode
from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.operation import operation
from garrison.store import Reader


@operation("sts", "DecodeAuthorizationMessage", access="read")
def decode_authorization_message(call: Call, tx: Reader) -> dict[str, Any]:
    """The document behind an encoded authorization failure message of the caller's account."""
    try:
        return {"DecodedMessage": decode(call.runtime, call.account, call.params["EncodedMessage"])}
    except NoMessage:
        raise AwsError("InvalidAuthorizationMessageException", "Invalid authorization message", status=400) from None
