"""Inline policies of users, groups and roles: Put, Get, List and Delete, the same for all three."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.iam import documents, owners
from garrison.services.iam.owners import GROUPS, ROLES, USERS, Owner
from garrison.services.iam.paging import page_of
from garrison.services.iam.resources import EPOCH
from garrison.services.operation import Output, operation
from garrison.store import Reader, Transaction


def _put(owner: Owner) -> Callable[[Call, Transaction], None]:
    def put(call: Call, tx: Transaction) -> None:
        name, document = call.params["PolicyName"], call.params["PolicyDocument"]
        documents.check_identity(document)
        row = owners.modifiable(owners.named(tx, owner, call))
        inline = {**row.body.inline, name: document}
        if sum(map(documents.measured, inline.values())) > owner.inline_bytes:
            raise AwsError(
                "LimitExceeded",
                f"Maximum policy size of {owner.inline_bytes} bytes exceeded for {owner.noun} {row.name}",
            )
        tx.update(row, msgspec.structs.replace(row.body, inline=inline), updated=call.now)
        tx.bump(EPOCH, call.account)

    return put


def _missing(owner: Owner, name: str) -> AwsError:
    return AwsError("NoSuchEntity", f"The {owner.noun} policy with name {name} cannot be found.")


def _get(owner: Owner) -> Callable[[Call, Reader], Output]:
    def get(call: Call, reader: Reader) -> Output:
        row = owners.named(reader, owner, call)
        name = call.params["PolicyName"]
        document = row.body.inline.get(name)
        if document is None:
            raise _missing(owner, name)
        return {owner.member: row.name, "PolicyName": name, "PolicyDocument": documents.shown(document)}

    return get


def _list(owner: Owner) -> Callable[[Call, Reader], Output]:
    def list_(call: Call, reader: Reader) -> Output:
        row = owners.named(reader, owner, call)
        names, rest = page_of(call, sorted(row.body.inline), key=str)
        return {"PolicyNames": names, **rest}

    return list_


def _delete(owner: Owner) -> Callable[[Call, Transaction], None]:
    def delete(call: Call, tx: Transaction) -> None:
        row = owners.modifiable(owners.named(tx, owner, call))
        name = call.params["PolicyName"]
        if name not in row.body.inline:
            raise _missing(owner, name)
        inline = {key: document for key, document in row.body.inline.items() if key != name}
        tx.update(row, msgspec.structs.replace(row.body, inline=inline), updated=call.now)
        tx.bump(EPOCH, call.account)

    return delete


for _owner, _name in ((USERS, "User"), (GROUPS, "Group"), (ROLES, "Role")):
    operation("iam", f"Put{_name}Policy", access="write")(_put(_owner))
    operation("iam", f"Get{_name}Policy", access="read")(_get(_owner))
    operation("iam", f"List{_name}Policies", access="read")(_list(_owner))
    operation("iam", f"Delete{_name}Policy", access="write")(_delete(_owner))
