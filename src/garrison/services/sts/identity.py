"""Who is calling, and whose a key is."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.aws.errors import validation_error
from garrison.aws.ids import account_of
from garrison.services.operation import operation
from garrison.store import Reader


@operation("sts", "GetCallerIdentity", access="read")
def get_caller_identity(call: Call, tx: Reader) -> dict[str, Any]:
    """The caller's account, ARN and unique id: for a role session the session's ARN, which carries no path."""
    principal = call.caller.principal
    return {"UserId": principal.user_id, "Account": call.caller.account or call.account, "Arn": principal.arn}


@operation("sts", "GetAccessKeyInfo", access="read")
def get_access_key_info(call: Call, tx: Reader) -> dict[str, Any]:
    """The account an access key id belongs to, which the id itself says; the key need not exist (STS API reference)."""
    key_id = call.params["AccessKeyId"]
    account = account_of(key_id)
    if account is None:
        # AWS's own words for this are not published; the constraint is.
        raise validation_error(
            f"Value '{key_id}' at 'accessKeyId' failed to satisfy constraint: Member must be a valid access key id"
        )
    return {"Account": account}
