"""Inspector in an account and region: loaded, kept, and who may see what."""

from __future__ import annotations

from garrison.access.call import Call
from garrison.services.inspector2 import administration
from garrison.services.inspector2.errors import not_enabled
from garrison.services.inspector2.resources import ACCOUNT, NAME, PLACE, Account, Place
from garrison.store import Reader, Transaction

TYPES = ("EC2", "ECR", "LAMBDA", "LAMBDA_CODE", "CODE_REPOSITORY")
MEMBERS = {
    "EC2": "ec2",
    "ECR": "ecr",
    "LAMBDA": "lambda",
    "LAMBDA_CODE": "lambdaCode",
    "CODE_REPOSITORY": "codeRepository",
}
"""Resource types as Enable takes them -> the member that tells of them."""


def account(reader: Reader, id: str, region: str) -> Account:
    """An account as it is; with nothing enabled if Inspector was never used."""
    row = reader.get(ACCOUNT, id, NAME, region=region)
    return Account() if row is None else row.body


def keep(tx: Transaction, id: str, region: str, body: Account, *, now: float) -> None:
    """The account is so from now on."""
    row = tx.get(ACCOUNT, id, NAME, region=region)
    if row is not None:
        tx.update(row, body, updated=now)
        return
    tx.insert(ACCOUNT, id, NAME, body, id=f"{id}/{region}", region=region, created=now)
    tx.insert(PLACE, "", f"{id}/{region}", Place(id, region), id=f"{id}/{region}", created=now)


def needed(call: Call, reader: Reader) -> Account:
    """The caller's account, in which Inspector is enabled. Raises `AccessDeniedException`."""
    body = account(reader, call.account, call.region)
    if not body.enabled:
        raise not_enabled()
    return body


def seen(call: Call, reader: Reader) -> list[str]:
    """The accounts whose findings and coverage the caller sees: its own, and its members' if it is the delegated
    administrator."""
    needed(call, reader)
    return [call.account, *administration.members(reader, call.account, call.region)]
