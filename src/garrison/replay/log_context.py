"""The condition context of a recorded call: what the log tells, and which keys it is silent about.

Source: IAM user guide, "AWS global condition context keys", beside the CloudTrail user guide's record contents. A key
the log would show if it were there, and does not, is known to be absent.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from garrison.access.caller import Caller
from garrison.access.context import of_principal
from garrison.access.organization import Membership
from garrison.policy.principal import RoleSession, Service
from garrison.policy.request import ContextValue
from garrison.replay.callers import RecordedCaller
from garrison.replay.events import NULL, Event

_TOLD = frozenset(
    {
        "aws:assumedroot", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:currenttime",
        "aws:epochtime", "aws:federatedprovider", "aws:multifactorauthpresent", "aws:principalaccount",
        "aws:principalarn", "aws:principalisawsservice", "aws:principalservicename", "aws:principalservicenameslist",
        "aws:principaltype", "aws:requestedregion", "aws:sourceidentity", "aws:sourcevpce", "aws:tagkeys",
        "aws:tokenissuetime", "aws:useragent", "aws:userid", "aws:username", "aws:viaawsservice",
    }
)  # fmt: skip
"""Keys a record tells, by being there or by not being there."""
_OF_CALLING_SERVICES = frozenset({"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"})
_OF_ENDPOINTS = frozenset(
    {"aws:sourcevpc", "aws:sourcevpcarn", "aws:vpcsourceip", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths"}
)


def base_context(caller: RecordedCaller, tags: dict[str, str], member: Membership | None) -> dict[str, ContextValue]:
    """What all calls with the same credentials share."""
    assert caller.principal is not None
    context = of_principal(Caller(caller.principal, session=caller.session), tags, member)
    if caller.invoked_by:
        context["aws:calledvia"] = (caller.invoked_by,)
        context["aws:calledviafirst"] = context["aws:calledvialast"] = caller.invoked_by
    context["aws:viaawsservice"] = "true" if caller.invoked_by else "false"
    return context


def call_context(event: Event, caller: RecordedCaller, base: Mapping[str, ContextValue]) -> dict[str, ContextValue]:
    """The context of one call, without what its parameters and its resource add."""
    context = dict(base)
    context["aws:currenttime"] = event.time
    context["aws:epochtime"] = _epoch(event.time)
    context["aws:requestedregion"] = event.region
    if event.agent:
        context["aws:useragent"] = event.agent
    address = event.address or ""
    if _is_address(address):
        if event.endpoint is None:
            context["aws:sourceip"] = address
        else:
            context["aws:vpcsourceip"] = address
    if event.endpoint is not None:
        context["aws:sourcevpce"] = event.endpoint
    if event.tls is not NULL or caller.invoked_by or address.endswith(".amazonaws.com"):
        # Calls that services make for somebody carry no TLS details; they are encrypted all the same.
        context["aws:securetransport"] = "true"
    return context


def is_told(
    key: str, event: Event, caller: RecordedCaller, told_by_parameters: frozenset[str], *, organization: bool,
    resource: str, resource_known: bool, principal_known: bool,
) -> bool:  # fmt: skip
    """Whether the absence of `key` from the context means that the call did not carry it."""
    if key in _TOLD or key in told_by_parameters:
        return True
    if key in _OF_CALLING_SERVICES:
        return not isinstance(caller.principal, Service)
    if key in _OF_ENDPOINTS:
        return event.endpoint is None
    head = key.partition("/")[0]
    match head:
        case "aws:sourceip":
            return _is_address(event.address or "") or (event.address or "").endswith(".amazonaws.com")
        case "aws:multifactorauthage":
            return caller.session is None or caller.session.mfa_at is None
        case "aws:principaltag":
            # Session tags are not in the records of the calls made with them.
            return principal_known and not isinstance(caller.principal, RoleSession)
        case "aws:principalorgid" | "aws:principalorgpaths" | "aws:resourceorgid" | "aws:resourceorgpaths":
            return organization
        case "aws:requesttag":
            return True
        case "aws:resourceaccount":
            return resource == "*"
        case _ if head.endswith(":resourcetag"):
            return resource == "*" or resource_known
        case _:
            return head + "/" in told_by_parameters


@lru_cache(maxsize=8192)
def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1024)
def _epoch(text: str) -> str:
    try:
        return str(int(datetime.fromisoformat(text).timestamp()))
    except ValueError:
        return ""
