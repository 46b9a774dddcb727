"""Contacts of an account: the primary one, and those for billing, operations and security.

Source: Account Management API reference. An account of AWS has a primary contact from its sign-up; here there is none
until one is put, and asking for it says so.
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.account.resources import CONTACT, PRIMARY, Contact
from garrison.services.account.whose import whose
from garrison.services.operation import operation
from garrison.store import Reader, Transaction

_PURPOSE = "account-contact"
_ALTERNATE = ("Name", "Title", "EmailAddress", "PhoneNumber", "AlternateContactType")


def _read(call: Call, reader: Reader, name: str) -> dict[str, Any] | None:
    account = whose(call, reader)
    row = reader.get(CONTACT, account, name)
    if row is None:
        return None
    raw = call.runtime.seal.open(_PURPOSE, row.body.sealed, f"{account}/{name}")
    return msgspec.json.decode(raw, type=dict[str, Any])


def _write(call: Call, tx: Transaction, name: str, told: dict[str, Any]) -> None:
    account = whose(call, tx)
    body = Contact(call.runtime.seal.seal(_PURPOSE, msgspec.json.encode(told), f"{account}/{name}"))
    row = tx.get(CONTACT, account, name)
    if row is None:
        tx.insert(CONTACT, account, name, body, id=f"{account}/contact/{name}", created=call.now)
    else:
        tx.update(row, body)


def _none() -> AwsError:
    text = "No contact of the inputted alternate contact type found."
    return AwsError("ResourceNotFoundException", text, status=404)


@operation("account", "GetContactInformation", access="read")
def get_contact_information(call: Call, reader: Reader) -> dict[str, Any]:
    found = _read(call, reader, PRIMARY)
    if found is None:
        raise AwsError("ResourceNotFoundException", "The account has no contact information.", status=404)
    return {"ContactInformation": found}


@operation("account", "PutContactInformation", access="write")
def put_contact_information(call: Call, tx: Transaction) -> dict[str, Any]:
    _write(call, tx, PRIMARY, call.params["ContactInformation"])
    return {}


@operation("account", "GetAlternateContact", access="read")
def get_alternate_contact(call: Call, reader: Reader) -> dict[str, Any]:
    found = _read(call, reader, call.params["AlternateContactType"])
    if found is None:
        raise _none()
    return {"AlternateContact": found}


@operation("account", "PutAlternateContact", access="write")
def put_alternate_contact(call: Call, tx: Transaction) -> dict[str, Any]:
    _write(call, tx, call.params["AlternateContactType"], {name: call.params[name] for name in _ALTERNATE})
    return {}


@operation("account", "DeleteAlternateContact", access="write")
def delete_alternate_contact(call: Call, tx: Transaction) -> dict[str, Any]:
    row = tx.get(CONTACT, whose(call, tx), call.params["AlternateContactType"])
    if row is None:
        raise _none()
    tx.delete(row)
    return {}
