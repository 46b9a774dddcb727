"""Service-specific credentials: a user name and password of one user for one service.

Source: IAM API reference, CreateServiceSpecificCredential and ServiceSpecificCredential; IAM user guide, "API keys for
Amazon Bedrock and CloudWatch Logs". A bearer service's credential is a key (alias and secret), that of the others a
name and a password.
"""

from __future__ import annotations

import base64
import secrets
import string
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.aws.ids import unique_id
from garrison.services.iam import owners, quotas
from garrison.services.iam.credentials import SERVICE_CREDENTIAL, ServiceSpecificCredential
from garrison.services.iam.errors import over_quota
from garrison.services.iam.owners import USERS
from garrison.services.iam.paging import page, page_of
from garrison.services.iam.resources import USER
from garrison.services.iam.subject import Subject, of_row, subject
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction

PURPOSE = "service-credential"
"""What passwords are sealed for."""
CODECOMMIT, KEYSPACES = "codecommit.amazonaws.com", "cassandra.amazonaws.com"
BEARER = frozenset({"bedrock.amazonaws.com", "logs.amazonaws.com"})
"""Services whose credential is an API key with an end ("CredentialAgeDays")."""
_SERVICES = frozenset({CODECOMMIT, KEYSPACES}) | BEARER
_SECRET = string.ascii_letters + string.digits + "+/"
_DAY = 86400.0


def _check_service(name: str) -> str:
    if name not in _SERVICES:
        raise AwsError("NotSupportedService", f"No such service {name} is supported for Service Specific Credentials")
    return name


def _secret(service: str, user_name: str) -> str:
    """A new password; a bearer service's key also carries its alias. Their forms are what AWS's look like."""
    raw = "".join(secrets.choice(_SECRET) for _ in range(43))
    if service in BEARER:
        return "ABSK" + base64.b64encode(f"{user_name}:{raw}".encode()).decode()
    return raw + "="


def _is_over(body: ServiceSpecificCredential, now: float) -> bool:
    return body.expires is not None and body.expires <= now


def _brief(name: str, row: Resource[ServiceSpecificCredential], now: float) -> dict[str, Any]:
    body = row.body
    answer: dict[str, Any] = {
        "UserName": name,
        "Status": "Expired" if _is_over(body, now) else body.status,
        "CreateDate": row.created,
        "ServiceSpecificCredentialId": row.id,
        "ServiceName": body.service,
        ("ServiceCredentialAlias" if body.service in BEARER else "ServiceUserName"): body.user_name,
    }
    if body.expires is not None:
        answer["ExpirationDate"] = body.expires
    return answer


def _full(who: Subject, row: Resource[ServiceSpecificCredential], secret: str, now: float) -> dict[str, Any]:
    member = "ServiceCredentialSecret" if row.body.service in BEARER else "ServicePassword"
    return {"ServiceSpecificCredential": {**_brief(who.name or "", row, now), member: secret}}


def _named(call: Call, reader: Reader) -> tuple[Subject, Resource[ServiceSpecificCredential]]:
    id = call.params["ServiceSpecificCredentialId"]
    who = subject(call, reader)
    row = reader.by_id(SERVICE_CREDENTIAL, id)
    if row is None or row.parent != who.id or row.account != call.account:
        raise AwsError("NoSuchEntity", f"No such credential {id} exists")
    return who, row


@operation("iam", "CreateServiceSpecificCredential", access="write")
def create_service_specific_credential(call: Call, tx: Transaction) -> dict[str, Any]:
    params = call.params
    who = of_row(call.partition, owners.load(tx, USERS, call.account, params["UserName"]))
    service = _check_service(params["ServiceName"])
    age = params.get("CredentialAgeDays")
    if age is not None and service not in BEARER:
        # The text is a guess, and so is the code: no modelled error fits.
        raise AwsError("InvalidInput", f"CredentialAgeDays is not supported for {service}.", status=400)
    held = [row for row in tx.page(SERVICE_CREDENTIAL, call.account, parent=who.id) if row.body.service == service]
    if len(held) >= quotas.SERVICE_CREDENTIALS_PER_USER:
        raise over_quota("ServiceSpecificCredentialsPerUser", quotas.SERVICE_CREDENTIALS_PER_USER)
    id = unique_id("ACCA")
    marks = {row.body.user_name for row in held}
    if service in BEARER:
        base = f"BedrockAPIKey-{secrets.token_hex(2)}" if service.startswith("bedrock") else secrets.token_hex(4)
        user_name = f"{base}-at-{call.account}"
    else:
        # The first has the plain name; a second for the same service is told apart by a number.
        name = f"{who.name}-at-{call.account}"
        user_name = name if name not in marks else f"{who.name}+1-at-{call.account}"
    secret = _secret(service, user_name)
    body = ServiceSpecificCredential(
        service=service,
        user_name=user_name,
        sealed_password=call.runtime.seal.seal(PURPOSE, secret.encode(), id),
        expires=None if age is None else call.now + age * _DAY,
    )
    row = tx.insert(SERVICE_CREDENTIAL, call.account, id, body, id=id, parent=who.id, created=call.now)
    return _full(who, row, secret, call.now)


@operation("iam", "ListServiceSpecificCredentials", access="read")
def list_service_specific_credentials(call: Call, reader: Reader) -> dict[str, Any]:
    params = call.params
    service = params.get("ServiceName")
    if service is not None:
        _check_service(service)

    def keep(row: Resource[ServiceSpecificCredential]) -> bool:
        return service is None or row.body.service == service

    if params.get("AllUsers"):
        if "UserName" in params:
            raise AwsError("InvalidInput", "UserName and AllUsers cannot be given together.", status=400)
        rows = [row for row in reader.page(SERVICE_CREDENTIAL, call.account, parent=None) if keep(row)]
        shown, end = page_of(call, rows, lambda row: row.id)
        names = {row.parent: user.name for row in shown if (user := reader.by_id(USER, row.parent)) is not None}
        found = [_brief(names[row.parent], row, call.now) for row in shown if row.parent in names]
        return {"ServiceSpecificCredentials": found, **end}
    who = subject(call, reader)
    shown, end = page(call, reader, SERVICE_CREDENTIAL, parent=who.id, keep=keep)
    return {"ServiceSpecificCredentials": [_brief(who.name or "", row, call.now) for row in shown], **end}


@operation("iam", "UpdateServiceSpecificCredential", access="write")
def update_service_specific_credential(call: Call, tx: Transaction) -> None:
    _, row = _named(call, tx)
    status = call.params["Status"]
    if status == "Expired":
        raise AwsError("InvalidInput", "The status of a credential can be set to Active or Inactive only.", status=400)
    tx.update(row, msgspec.structs.replace(row.body, status=status), updated=call.now)


@operation("iam", "ResetServiceSpecificCredential", access="write")
def reset_service_specific_credential(call: Call, tx: Transaction) -> dict[str, Any]:
    who, row = _named(call, tx)
    secret = _secret(row.body.service, row.body.user_name)
    sealed = call.runtime.seal.seal(PURPOSE, secret.encode(), row.id)
    row = tx.update(row, msgspec.structs.replace(row.body, sealed_password=sealed), updated=call.now)
    return _full(who, row, secret, call.now)


@operation("iam", "DeleteServiceSpecificCredential", access="write")
def delete_service_specific_credential(call: Call, tx: Transaction) -> None:
    tx.delete(_named(call, tx)[1])
