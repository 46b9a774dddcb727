"""What an account says it is subject to, and the agreements that asks for: operations of our own.

`garrison:PutAccountRegulations`, `garrison:GetAccountRegulations`.
"""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.artifact.customer_agreements import covered
from garrison.services.artifact.offers import offers
from garrison.services.artifact.resources import REGULATIONS, Regulations
from garrison.services.operation import operation
from garrison.store import Reader, Transaction

_NAME = "regulations"


def _shown(call: Call, reader: Reader, ids: tuple[str, ...]) -> dict[str, Any]:
    there = covered(call.runtime, reader, call.account)
    asked = [one for one in offers(call.runtime).agreements if set(one.regulations) & set(ids)]
    return {
        "regulations": list(ids),
        "agreements": [
            {
                "agreementId": one.id,
                "name": one.title,
                "kind": one.kind,
                "requiredBy": [name for name in one.regulations if name in ids],
                "covered": one.kind in there,
            }
            for one in asked
        ],
    }


@operation("garrison", "GetAccountRegulations", access="read")
def get_account_regulations(call: Call, reader: Reader) -> dict[str, Any]:
    row = reader.get(REGULATIONS, call.account, _NAME)
    return _shown(call, reader, () if row is None else row.body.ids)


@operation("garrison", "PutAccountRegulations", access="write")
def put_account_regulations(call: Call, tx: Transaction) -> dict[str, Any]:
    ids = tuple(dict.fromkeys(call.params["regulations"]))
    known = offers(call.runtime).regulations
    for id in ids:
        if id not in known:
            raise AwsError("ValidationException", f"{id} is none of {', '.join(sorted(known))}.", status=400)
    row = tx.get(REGULATIONS, call.account, _NAME)
    if row is None:
        tx.insert(REGULATIONS, call.account, _NAME, Regulations(ids), id=f"{call.account}/{_NAME}", created=call.now)
    else:
        tx.update(row, Regulations(ids))
    return _shown(call, tx, ids)
