"""CreateGrant, ListGrants, ListRetirableGrants, RetireGrant, RevokeGrant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from garrison.access.binding import binder
from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.keys.specs import SPECS, SYMMETRIC_DEFAULT
from garrison.services.kms import grant_rows, grants, quotas
from garrison.services.kms.answers import kms_operation
from garrison.services.kms.errors import error, limit_exceeded, validation
from garrison.services.kms.located import arn_of, key_named, row_of_id
from garrison.services.kms.paging import after, limit, page, sliced
from garrison.services.kms.resources import GRANT, RETIRABLE, Grant, Key
from garrison.services.kms.rows import checked
from garrison.services.kms.states import require_state
from garrison.services.kms.use import stop_if_dry
from garrison.store import Reader, Resource, Transaction

_COMMON = frozenset({"CreateGrant", "RetireGrant", "DescribeKey"})
_OF_USAGE = {
    "ENCRYPT_DECRYPT": frozenset({"Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo"}),
    "SIGN_VERIFY": frozenset({"Sign", "Verify"}),
    "GENERATE_VERIFY_MAC": frozenset({"GenerateMac", "VerifyMac"}),
    "KEY_AGREEMENT": frozenset({"DeriveSharedSecret"}),
    "ENCAPSULATE_DECAPSULATE": frozenset({"Encapsulate", "Decapsulate"}),
}
_DATA_KEYS = frozenset(
    {
        *("GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateDataKeyPair"),
        "GenerateDataKeyPairWithoutPlaintext",
    }
)
_PAIRS = 8
_CHARACTERS = 384
"""Of an encryption context in a constraint (developer guide, "Grants": constraints)."""
_GRANT_ID = re.compile(r"[0-9a-f]{64}")


def valid_operations(body: Key) -> frozenset[str]:
    """The grant operations that a key of its spec and usage can do. Source: developer guide, "Grant operations"."""
    spec = SPECS[body.spec]
    found = _COMMON | _OF_USAGE[body.usage]
    if spec.asymmetric:
        found |= {"GetPublicKey"}
    return found | _DATA_KEYS if body.spec == SYMMETRIC_DEFAULT else found


@kms_operation("CreateGrant", access="write")
def create_grant(call: Call, tx: Transaction) -> dict[str, Any]:
    params = call.params
    row = key_named(call, tx, params["KeyId"], aliases=False)
    grants.check_tokens(call, tx)
    arn = arn_of(row, call.partition)
    grant = _asked(call, tx, row)
    require_state(call, tx, row, arn)
    _check_parents(call, tx, row, grant, arn)
    if row.account != call.account and row.account not in call.shared_with:
        call.shared_with = (*call.shared_with, row.account)
    there = grant_rows.same_name(call, tx, row, grant)
    if there is None and tx.count(GRANT, row.account, region=row.region, parent=row.id) >= quotas.GRANTS_PER_KEY:
        raise limit_exceeded(f"The number of grants on key {arn} has reached its limit.")  # the text is a guess
    stop_if_dry(call)
    made = there or grant_rows.insert(call, tx, row, grant)
    return {"GrantToken": grants.new_token(call, made), "GrantId": made.name}


def _asked(call: Call, tx: Transaction, row: Resource[Key]) -> Grant:
    """The grant a call asks for. The texts of what it raises are guesses, but for the invalid principal's."""
    params = call.params
    grantee, grantee_service = params.get("GranteePrincipal"), params.get("GranteeServicePrincipal")
    retiring, retiring_service = params.get("RetiringPrincipal"), params.get("RetiringServicePrincipal")
    if (grantee is None) == (grantee_service is None):
        raise validation("You must specify either GranteePrincipal or GranteeServicePrincipal.")
    if retiring is not None and retiring_service is not None:
        raise validation("You cannot specify both RetiringPrincipal and RetiringServicePrincipal.")
    operations = tuple(dict.fromkeys(params["Operations"]))
    unfit = [operation for operation in operations if operation not in valid_operations(row.body)]
    if unfit:
        raise validation(
            f"Grant operations [{', '.join(unfit)}] are not supported for keys with key spec {row.body.spec} and "
            f"key usage {row.body.usage}."
        )
    constraints = params.get("Constraints") or {}
    equals, subset = constraints.get("EncryptionContextEquals"), constraints.get("EncryptionContextSubset")
    for context in (equals, subset):
        if context is not None:
            _check_context(context, row.body)
    source_arn = constraints.get("SourceArn")
    if grantee_service is not None and (source_arn is None or (retiring is None and retiring_service is None)):
        raise validation("A grant to a service principal needs a SourceArn constraint and a retiring principal.")
    return Grant(
        operations=operations,
        issuing_account=f"arn:{call.partition}:iam::{call.account}:root",
        name=params.get("Name"),
        grantee=None if grantee is None else _bound(call, tx, grantee),
        grantee_service=grantee_service,
        retiring=None if retiring is None else _bound(call, tx, retiring),
        retiring_service=retiring_service,
        equals=equals,
        subset=subset,
        source_arn=source_arn,
    )


def _check_context(context: Mapping[str, str], body: Key) -> None:
    if body.spec != SYMMETRIC_DEFAULT:
        raise validation("Encryption context constraints are valid for symmetric encryption keys only.")
    if len(context) > _PAIRS or sum(len(name) + len(value) for name, value in context.items()) > _CHARACTERS:
        raise validation(f"A grant constraint can hold {_PAIRS} encryption context pairs and {_CHARACTERS} characters.")


def _bound(call: Call, reader: Reader, principal: str) -> str:
    known = None if principal == "*" else binder().bind_one(reader, principal, call.partition)
    if known is None:
        raise error("InvalidArn", f"ARN does not refer to a valid principal: {principal}")
    return known


def _check_parents(call: Call, tx: Transaction, row: Resource[Key], child: Grant, arn: str) -> None:
    """Whoever may create grants only by a grant can pass on no more than that grant gives.

    Source: developer guide, "Granting CreateGrant permission".
    """
    if call.decision is None or call.decision.code != "ALLOW_GRANT":
        return
    parents = grants.granted(call, tx, row, call.caller.principal, "CreateGrant")
    if not any(_within(child, parent.body) for parent in parents):
        raise AwsError(
            "AccessDeniedException",
            f"User: {call.caller.principal.arn} is not authorized to perform: kms:CreateGrant on resource: {arn} "
            "because no grant allows a grant of these operations and constraints",
            status=400,
        )


def _within(child: Grant, parent: Grant) -> bool:
    if not set(child.operations) <= set(parent.operations):
        return False
    if parent.source_arn is not None and child.source_arn != parent.source_arn:
        return False
    held = grants.pairs(child.equals)
    if parent.equals is not None and (child.equals is None or held != grants.pairs(parent.equals)):
        return False
    return grants.pairs(parent.subset) <= held | grants.pairs(child.subset)


@kms_operation("ListGrants", access="read")
def list_grants(call: Call, reader: Reader) -> dict[str, Any]:
    params = call.params
    row = key_named(call, reader, params["KeyId"], aliases=False)
    size = limit(call, 50, 100)
    start = after(call)
    found: list[Resource[Grant]]
    who = params.get("GranteePrincipal")
    service = params.get("GranteeServicePrincipal")
    if "GrantId" in params:
        one = grants.of_key(call, reader, row.id, _grant_id(params["GrantId"]))
        found = [] if one is None else [one]
    elif who is not None or service is not None:
        identity = f"service:{service}" if who is None else binder().bind_one(reader, who, call.partition) or who
        found = grants.of_grantee(call, reader, row, identity)
    else:
        found = reader.page(GRANT, row.account, region=row.region, parent=row.id, after=start, limit=size + 1)
    shown = sliced(found, lambda grant: grant.name, start, size)
    return page(call, "Grants", shown, size, lambda grant: grant.name, lambda grant: _shown(call, reader, row, grant))


@kms_operation("ListRetirableGrants", access="read")
def list_retirable_grants(call: Call, reader: Reader) -> dict[str, Any]:
    params = call.params
    service = params.get("RetiringServicePrincipal")
    who = params.get("RetiringPrincipal")
    if (who is None) == (service is None):
        raise validation("You must specify either RetiringPrincipal or RetiringServicePrincipal.")  # a guess
    identity = f"service:{service}"
    if who is not None:
        identity = _bound(call, reader, who)
        if f":{call.account}:" not in who and who != call.account:
            raise error("InvalidArn", f"ARN does not refer to a valid principal: {who}")
    rows = [reader.by_id(GRANT, link.target) for link in reader.targets(RETIRABLE, identity)]
    here = [row for row in rows if row is not None and row.region == call.region]
    size = limit(call, 50, 100)
    shown = sliced(here, lambda grant: grant.name, after(call), size)

    def entry(grant: Resource[Grant]) -> dict[str, Any] | None:
        key = row_of_id(call, reader, grant.parent)
        return None if key is None else _shown(call, reader, key, grant)

    answer = page(call, "Grants", shown, size, lambda grant: grant.name, entry)
    answer["Grants"] = [one for one in answer["Grants"] if one is not None]
    return answer


@kms_operation("RetireGrant", access="write")
def retire_grant(call: Call, tx: Transaction) -> None:
    params = call.params
    if "GrantToken" in params:
        grant = grants.of_request(call, tx)
        key = row_of_id(call, tx, grant.parent)
        if key is None:
            raise error("InvalidGrantToken")
        if "KeyId" in params and key_named(call, tx, params["KeyId"], aliases=False).id != key.id:
            raise error("InvalidGrantToken")
    else:
        if "KeyId" not in params or "GrantId" not in params:
            raise validation("You must specify either a grant token, or a key ID and a grant ID.")  # a guess
        key = key_named(call, tx, params["KeyId"], aliases=False)
        grant = _named(call, tx, key)
    require_state(call, tx, key, arn_of(key, call.partition))
    stop_if_dry(call)
    call.noted["grantId"] = grant.name
    grant_rows.remove(call.runtime, tx, key, grant)


@kms_operation("RevokeGrant", access="write")
def revoke_grant(call: Call, tx: Transaction) -> None:
    key = key_named(call, tx, call.params["KeyId"], aliases=False)
    grant = _named(call, tx, key)
    require_state(call, tx, key, arn_of(key, call.partition))
    stop_if_dry(call)
    grant_rows.remove(call.runtime, tx, key, grant)


def _named(call: Call, reader: Reader, key: Resource[Key]) -> Resource[Grant]:
    grant_id = _grant_id(call.params["GrantId"])
    found = grants.of_key(call, reader, key.id, grant_id)
    if found is None:
        raise error("NotFound", f"Grant ID {grant_id} not found")  # the text is a guess
    return found


def _grant_id(text: str) -> str:
    if _GRANT_ID.fullmatch(text) is None:
        raise error("InvalidGrantId", f"Invalid grant ID {text}")  # the text is a guess
    return text


def _shown(call: Call, reader: Reader, key: Resource[Key], row: Resource[Grant]) -> dict[str, Any]:
    grant = checked(call.runtime, row).body
    shown: dict[str, Any] = {
        "KeyId": arn_of(key, call.partition),
        "GrantId": row.name,
        "Name": grant.name or "",
        "CreationDate": row.created,
        "IssuingAccount": grant.issuing_account,
        "Operations": list(grant.operations),
    }
    for member, principal in (("GranteePrincipal", grant.grantee), ("RetiringPrincipal", grant.retiring)):
        if principal is not None:
            shown[member] = binder().render_one(reader, principal, call.partition)
    further = {
        "GranteeServicePrincipal": grant.grantee_service,
        "RetiringServicePrincipal": grant.retiring_service,
    }
    constraints = {
        "EncryptionContextEquals": grant.equals,
        "EncryptionContextSubset": grant.subset,
        "SourceArn": grant.source_arn,
    }
    kept = {name: value for name, value in constraints.items() if value is not None}
    if kept:
        shown["Constraints"] = kept
    return shown | {name: value for name, value in further.items() if value is not None}
