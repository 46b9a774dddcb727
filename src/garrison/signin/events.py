"""What the trail is told of each step at the door."""

from __future__ import annotations

from typing import Any

from garrison.access.call import HttpRequest
from garrison.access.caller import Caller
from garrison.access.runtime import Runtime
from garrison.policy.principal import Principal, RoleSession, Root, User
from garrison.signin.people import Claim
from garrison.trail.identity import lookup_name, user_identity
from garrison.trail.operations import global_region
from garrison.trail.record import TrailEntry
from garrison.trail.sign_in import HIDDEN, SignIn, sign_in_entry

FAILED = "Failed authentication"
NO_USER = "No username found in supplied account"


def identity_of(principal: Principal) -> dict[str, Any]:
    """`userIdentity` of who is known but has no credentials yet, or uses none here."""
    shown = user_identity(Caller(principal))
    if isinstance(principal, Root):
        shown["accessKeyId"] = ""
    return shown


def login(
    runtime: Runtime,
    request: HttpRequest,
    claim: Claim,
    *,
    to: str,
    now: float,
    mfa: str | None = None,
    asked_mfa: bool = False,
    succeeded: bool,
) -> TrailEntry | None:
    """`ConsoleLogin`; None if there is no account whose trail it could be in."""
    if claim.account is None:
        return None
    error = None if succeeded else FAILED
    if claim.principal is None:
        error = NO_USER
        shown = {"type": "IAMUser", "accountId": claim.account, "accessKeyId": "", "userName": HIDDEN}
    elif succeeded or claim.root:
        shown = identity_of(claim.principal)
    else:
        shown = _unproved(claim.principal)
    additional = {"LoginTo": to, "MobileVersion": "No", "MFAUsed": "Yes" if mfa or asked_mfa else "No"}
    if mfa is not None:
        additional["MFAIdentifier"] = mfa
    done = SignIn(
        name="ConsoleLogin",
        account=claim.account,
        region=global_region(runtime.partition),
        identity=shown,
        now=now,
        succeeded=succeeded,
        error=error,
        additional=additional,
        username=None if claim.principal is None else lookup_name(claim.principal),
    )
    return sign_in_entry(done, request)


def _unproved(principal: Principal) -> dict[str, Any]:
    """`userIdentity` of a user who did not prove to be the one: without an ARN."""
    shown = user_identity(Caller(principal))
    shown.pop("arn", None)
    name = shown.pop("userName", None)
    shown["accessKeyId"] = ""
    return shown if name is None else {**shown, "userName": name}


def step(
    runtime: Runtime,
    request: HttpRequest,
    principal: Principal,
    name: str,
    now: float,
    *,
    additional: dict[str, Any] | None = None,
    succeeded: bool = True,
    error: str | None = None,
) -> TrailEntry:
    """Any other step of somebody who is known: `CheckMfa`, `SwitchRole`, `ExitRole`, `PasswordUpdated`."""
    assert principal.account is not None
    shown = _unproved(principal) if name == "CheckMfa" and isinstance(principal, User) else identity_of(principal)
    if isinstance(principal, RoleSession):
        shown = {key: shown[key] for key in ("type", "principalId", "arn", "accountId")}
    done = SignIn(
        name=name,
        account=principal.account,
        region=global_region(runtime.partition),
        identity=shown,
        now=now,
        succeeded=succeeded,
        error=error,
        additional=additional,
        username=lookup_name(principal),
    )
    return sign_in_entry(done, request)


def authorized(
    runtime: Runtime,
    request: HttpRequest,
    caller: Caller,
    parameters: dict[str, str],
    now: float,
    *,
    error: str | None = None,
) -> TrailEntry:
    """`AuthorizeOAuth2Access`, as AWS's announcement of `aws login` shows it."""
    assert caller.principal.account is not None
    shown = user_identity(Caller(caller.principal, None, caller.session))
    done = SignIn(
        name="AuthorizeOAuth2Access",
        account=caller.principal.account,
        region=runtime.region,
        identity=shown,
        now=now,
        succeeded=error is None,
        error=error,
        parameters=parameters,
        additional={"success": "true" if error is None else "false", "x-amzn-vpce-id": ""},
        username=lookup_name(caller.principal),
        api=True,
    )
    return sign_in_entry(done, request)
