"""Grants: who has one, for what, and how they speak in a decision.

A grant is made into a policy of one statement, so that it is judged by the same engine as everything else, and whoever
asks why sees it beside the other layers. What a statement cannot say - of contexts whose names differ only by capital
letters - is looked at here, before the grant is shown to the engine.
Source: KMS developer guide, "Grants in AWS KMS"; API reference, `CreateGrant`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.keys.seal import SealBroken
from garrison.policy.document import Document
from garrison.policy.principal import FederatedUser, Principal, RoleSession, Service, User
from garrison.policy.request import AttachedPolicy, PolicyType, Request
from garrison.services.kms.errors import error
from garrison.services.kms.resources import GRANT, GRANTED, GRANTEES, Grant, Key, row_id
from garrison.services.kms.rows import checked
from garrison.store import Reader, Resource

_TOKEN = "kms/grant-token/v1"  # noqa: S105 - a purpose, not a token
_PLACE = ""
_UNCONSTRAINED = frozenset({"CreateGrant", "DescribeKey", "RetireGrant"})
"""Operations that carry no encryption context, so that constraints say nothing about them. A grant that allows
`CreateGrant` constrains the grants made with it instead."""


# Tokens


def new_token(call: Call, grant: Resource[Grant]) -> str:
    """A token of a grant. Every call gives another; all of them stand for the grant as long as it is there."""
    sealed = call.runtime.seal.seal(_TOKEN, grant.id.encode(), _PLACE)
    return base64.urlsafe_b64encode(sealed).decode()


def of_token(call: Call, reader: Reader, token: str) -> Resource[Grant]:
    """The grant a token stands for. Raises `InvalidGrantTokenException`."""
    try:
        raw = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
        id = call.runtime.seal.open(_TOKEN, raw, _PLACE).decode()
    except (binascii.Error, UnicodeError, SealBroken):
        raise error("InvalidGrantToken") from None
    row = reader.by_id(GRANT, id)
    if row is None or row.region != call.region:
        raise error("InvalidGrantToken")
    return checked(call.runtime, row)


def of_request(call: Call, reader: Reader) -> Resource[Grant]:
    """The grant that the token of a RetireGrant stands for. Raises `InvalidGrantTokenException`, also where a grant id
    beside it says another: who may retire the one must not retire the other by it."""
    token, grant_id = call.params.get("GrantToken"), call.params.get("GrantId")
    row = None if token is None else of_token(call, reader, token)
    if row is None or grant_id not in (None, row.name):
        raise error("InvalidGrantToken")
    return row


def check_tokens(call: Call, reader: Reader) -> None:
    """Raise `InvalidGrantTokenException` for a token of `GrantTokens` that stands for nothing.

    Grants count at once here, so a token adds nothing; one that AWS would refuse is refused all the same.
    """
    for token in call.params.get("GrantTokens", ()):
        of_token(call, reader, token)


# Who has which


def of_key(call: Call, reader: Reader, key_row: str, grant_id: str) -> Resource[Grant] | None:
    """The grant of a key with that id."""
    region = key_row.partition("/")[0]
    row = reader.by_id(GRANT, row_id(region, grant_id))
    if row is None or row.parent != key_row:
        return None
    return checked(call.runtime, row)


def identities(principal: Principal) -> Iterator[str]:
    """What grants may know a principal by."""
    match principal:
        case User():
            yield principal.id
        case RoleSession():
            yield principal.arn
            yield principal.role_id
        case FederatedUser():
            yield principal.arn
            yield principal.issuer_id
        case Service():
            yield f"service:{principal.name}"
    if principal.account is not None:
        partition = principal.arn.split(":", 2)[1]
        yield f"arn:{partition}:iam::{principal.account}:root"


def granted(
    call: Call, reader: Reader, key: Resource[Key], principal: Principal, operation: str
) -> list[Resource[Grant]]:
    """A principal's grants on a key for one operation, whatever their constraints."""
    found: list[Resource[Grant]] = []
    for identity in identities(principal):
        for link in reader.targets(GRANTED, f"{key.id}|{identity}|{operation}"):
            row = reader.by_id(GRANT, link.target)
            if row is not None and row.parent == key.id:
                found.append(checked(call.runtime, row))
    return found


def of_grantee(call: Call, reader: Reader, key: Resource[Key], identity: str) -> list[Resource[Grant]]:
    """The grants on a key of one grantee, by its stored name."""
    rows = [reader.by_id(GRANT, link.target) for link in reader.targets(GRANTEES, f"{key.id}|{identity}")]
    return [checked(call.runtime, row) for row in rows if row is not None and row.parent == key.id]


# How they speak


def speaking(call: Call, reader: Reader, key: Resource[Key], request: Request) -> tuple[AttachedPolicy, ...]:
    """The grants that may allow a request, as policies."""
    operation = request.action.partition(":")[2]
    context = _encryption_context(call, request)
    source = request.context.get("aws:sourcearn")
    spoken: list[AttachedPolicy] = []
    for row in granted(call, reader, key, request.principal, operation):
        grant = row.body
        free = operation in _UNCONSTRAINED
        fits = free or (_context_fits(grant, context) and (grant.source_arn is None or grant.source_arn == source))
        # One that does not fit is shown too, where its statement says the same.
        faithful = _unambiguous(context) and _unambiguous(grant.equals, grant.subset)
        if fits or faithful:
            spoken.append(_policy(grant, row.name, with_context=not free and faithful))
    return tuple(spoken)


def retiring(call: Call, reader: Reader, key: Resource[Key], request: Request) -> tuple[AttachedPolicy, ...]:
    """Who may retire the grant a call names: its retiring principal, its grantee if it says so, and the account that
    issued it (API reference, `RetireGrant`)."""
    params = call.params
    row: Resource[Grant] | None
    try:
        if "GrantToken" in params:
            row = of_request(call, reader)
        else:
            row = of_key(call, reader, key.id, params.get("GrantId", ""))
    except AwsError:
        row = None
    if row is None or row.parent != key.id:
        # No such grant: said to those only who could retire one of this account's.
        partition = request.resource.split(":", 2)[1]
        return (_retirement((f"arn:{partition}:iam::{key.account}:root",), (), ""),)
    grant = row.body
    people, services = [grant.issuing_account], []
    if grant.retiring is not None:
        people.append(grant.retiring)
    if grant.retiring_service is not None:
        services.append(grant.retiring_service)
    if "RetireGrant" in grant.operations:
        people += [grant.grantee] if grant.grantee is not None else []
        services += [grant.grantee_service] if grant.grantee_service is not None else []
    return (_retirement(tuple(dict.fromkeys(people)), tuple(services), row.name),)


def _encryption_context(call: Call, request: Request) -> Mapping[str, str]:
    """The encryption context of a request, with its own capital letters."""
    side = {"kms:ReEncryptFrom": "Source", "kms:ReEncryptTo": "Destination"}.get(request.action, "")
    given = call.params.get(f"{side}EncryptionContext")
    if given is not None or call.params:
        return given or {}
    # A call that is only remembered: its names are still known as they were, its values by their names in lower case.
    names = request.context.get("kms:encryptioncontextkeys", ())
    listed = (names,) if isinstance(names, str) else names
    return {name: str(request.context.get(f"kms:encryptioncontext:{name.lower()}", "")) for name in listed}


def _context_fits(grant: Grant, context: Mapping[str, str]) -> bool:
    given = pairs(context)
    return (grant.equals is None or pairs(grant.equals) == given) and pairs(grant.subset) <= given


def pairs(context: Mapping[str, str] | None) -> frozenset[tuple[str, str]]:
    """The pairs of an encryption context as constraints compare them: "in a grant constraint, the key in each key-value
    pair is not case sensitive, but the value is" (API reference, `GrantConstraints`)."""
    return frozenset((name.lower(), value) for name, value in (context or {}).items())


def _unambiguous(*contexts: Mapping[str, str] | None) -> bool:
    """Whether no name has two values in them, as names are compared, so that a statement can say them."""
    every = frozenset[tuple[str, str]]().union(*map(pairs, contexts))
    return len({name for name, _ in every}) == len(every)


def _policy(grant: Grant, id: str, *, with_context: bool) -> AttachedPolicy:
    conditions: dict[str, dict[str, object]] = {}
    if with_context:
        every = pairs(grant.subset) | pairs(grant.equals)
        if every:
            conditions["StringEquals"] = {f"kms:EncryptionContext:{name}": value for name, value in sorted(every)}
        if grant.equals is not None:
            conditions["ForAllValues:StringEqualsIgnoreCase"] = {"kms:EncryptionContextKeys": sorted(grant.equals)}
    if grant.source_arn is not None:
        conditions.setdefault("StringEquals", {})["aws:SourceArn"] = grant.source_arn
    who: dict[str, object] = {}
    if grant.grantee is not None:
        who["AWS"] = grant.grantee
    if grant.grantee_service is not None:
        who["Service"] = grant.grantee_service
    return _attached(_text(who, grant.operations, conditions), id)


def _retirement(people: tuple[str, ...], services: tuple[str, ...], id: str) -> AttachedPolicy:
    who: dict[str, object] = {"AWS": list(people)}
    if services:
        who["Service"] = list(services)
    return _attached(_text(who, ("RetireGrant",), {}), id)


def _text(who: Mapping[str, object], operations: Iterable[str], conditions: Mapping[str, object]) -> str:
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": who,
        "Action": [f"kms:{operation}" for operation in operations],
        "Resource": "*",
    }
    if conditions:
        statement["Condition"] = conditions
    # The older version knows no policy variables: what a constraint says is meant as it stands.
    return json.dumps({"Version": "2008-10-17", "Statement": [statement]})


@lru_cache(maxsize=4096)
def _attached(text: str, id: str) -> AttachedPolicy:
    return AttachedPolicy(Document.parse(text, PolicyType.RESOURCE), PolicyType.GRANT, f"grant {id}", arn=id or None)
