"""What an account is called and since when it is, and which regions it may use: all of its partition."""

from __future__ import annotations

from typing import Any

from garrison.access.accounts import account
from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.account.whose import whose
from garrison.services.operation import operation
from garrison.store import Reader


@operation("account", "GetAccountInformation", access="read")
def get_account_information(call: Call, reader: Reader) -> dict[str, Any]:
    id = whose(call, reader)
    row = account(reader, id)
    if row is None:
        raise AwsError("AccessDeniedException", "The account is not there.", status=403)
    return {"AccountId": id, "AccountName": row.body.name, "AccountCreatedDate": row.created}


@operation("account", "GetPrimaryEmail", access="read")
def get_primary_email(call: Call, reader: Reader) -> dict[str, Any]:
    row = account(reader, whose(call, reader))
    if row is None or not row.body.email:
        raise AwsError("ResourceNotFoundException", "The account has no primary email address.", status=404)
    return {"PrimaryEmail": row.body.email}
