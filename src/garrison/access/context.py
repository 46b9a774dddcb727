"""The condition context of a call: what `Condition` blocks and policy variables can ask about.

Three parts, by how long they hold: of the principal (`of_principal`, cached with its plan), of the request
(`of_request`, once per call) and of one question's resource (`of_resource`). Keys that come from an operation's
parameters are in its `Check`. All keys are lower case. Source: IAM user guide, "AWS global condition context keys".
"""

from __future__ import annotations

from datetime import UTC, datetime

from garrison.access.call import Call
from garrison.access.caller import Caller
from garrison.access.organization import Membership
from garrison.access.resources import Facts
from garrison.access.s3_signature import of_s3_request
from garrison.policy.principal import (
    Anonymous,
    AssumedRoot,
    FederatedUser,
    RoleSession,
    Root,
    Service,
    User,
)
from garrison.policy.request import ContextValue

GLOBAL_SERVICES = frozenset(
    {
        "account",
        "artifact",
        "budgets",
        "ce",
        "cloudfront",
        "globalaccelerator",
        "health",
        "iam",
        "importexport",
        "organizations",
        "route53",
        "route53domains",
        "shield",
        "support",
        "trustedadvisor",
        "waf",
    }
)
"""Services with one endpoint for a whole partition: `aws:RequestedRegion` is that endpoint's region."""

HOME_REGION = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""Where a partition's global services live."""

_moment: tuple[int, str, str] = (-1, "", "")


def iso(seconds: float) -> str:
    """A date as policies and XML answers spell it: `2026-11-23T09:00:00Z`."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def requested_region(service: str, region: str, partition: str) -> str:
    """The region `aws:RequestedRegion` names."""
    return HOME_REGION.get(partition, region) if service in GLOBAL_SERVICES else region


def of_principal(caller: Caller, tags: dict[str, str], member: Membership | None) -> dict[str, ContextValue]:
    """Keys that stay the same for all calls with the same credentials. `tags` are the user's or role's own."""
    principal, session = caller.principal, caller.session
    context: dict[str, ContextValue] = {"aws:userid": principal.user_id, "aws:principalisawsservice": "false"}
    match principal:
        case Root():
            context["aws:principaltype"] = "Account"
            context["aws:principalarn"] = principal.arn
        case User():
            context["aws:principaltype"] = "User"
            context["aws:principalarn"] = principal.arn
            context["aws:username"] = principal.name
        case RoleSession():
            # The role's ARN, not the session's: the user guide's note on aws:PrincipalArn.
            context["aws:principaltype"] = "AssumedRole"
            context["aws:principalarn"] = principal.role_arn
        case FederatedUser():
            context["aws:principaltype"] = "FederatedUser"
            context["aws:principalarn"] = principal.arn
        case AssumedRoot():
            context["aws:principaltype"] = "Account"
            context["aws:principalarn"] = principal.arn
            context["aws:assumedroot"] = "true"
        case Service():
            context["aws:principalisawsservice"] = "true"
            context["aws:principalservicename"] = principal.name
            context["aws:principalservicenameslist"] = (principal.name,)
        case Anonymous():
            context["aws:principaltype"] = "Anonymous"
    if principal.account is not None:
        context["aws:principalaccount"] = principal.account
    elif isinstance(principal, Anonymous):
        context["aws:principalaccount"] = "anonymous"
    for key, value in tags.items():
        context["aws:principaltag/" + key.lower()] = value
    if session is not None:
        for key, value in session.tags.items():
            context["aws:principaltag/" + key.lower()] = value
        context["aws:tokenissuetime"] = iso(session.issued)
        # With long-term keys the key is absent, which is what the BoolIfExists idiom relies on.
        context["aws:multifactorauthpresent"] = "false" if session.mfa_at is None else "true"
        if session.source_identity is not None:
            context["aws:sourceidentity"] = session.source_identity
        context.update(session.context)
    if member is not None:
        context["aws:principalorgid"] = member.id
        context["aws:principalorgpaths"] = (member.path,)
    return context


def of_request(call: Call, base: dict[str, ContextValue]) -> dict[str, ContextValue]:
    """A new context: `base` (the principal's) and what the request itself says."""
    global _moment
    second = int(call.now)
    moment = _moment
    if moment[0] != second:
        moment = _moment = (second, iso(second), str(second))
    request = call.request
    context = base.copy()
    context["aws:currenttime"] = moment[1]
    context["aws:epochtime"] = moment[2]
    context["aws:requestedregion"] = requested_region(call.service, call.region, call.partition)
    context["aws:sourceip"] = request.source_ip
    context["aws:securetransport"] = "true" if request.secure else "false"
    context["aws:viaawsservice"] = "false"
    if call.via is not None:
        context["aws:viaawsservice"] = "true"
        service = call.via.partition(".")[0] + ".amazonaws.com"
        context["aws:calledvia"] = (service,)
        context["aws:calledviafirst"] = context["aws:calledvialast"] = service
    for name, value in request.headers:
        if name == "user-agent":
            context.setdefault("aws:useragent", value)
        elif name == "referer":
            context.setdefault("aws:referer", value)
    session = call.caller.session
    if session is not None and session.mfa_at is not None:
        context["aws:multifactorauthage"] = str(max(0, second - int(session.mfa_at)))
    if call.service == "s3":
        context.update(of_s3_request(request, call.now))
    if call.vouched is not None:
        context.update(call.vouched.context)
    if call.operation == "AssumeRole" and call.service == "sts" and {"SerialNumber", "TokenCode"} <= call.params.keys():
        # A code passed with the call counts for the very decision on the call. The operation verifies it, and burns
        # it, inside its transaction: without a right code the call fails whatever was decided here.
        context["aws:multifactorauthpresent"] = "true"
        context["aws:multifactorauthage"] = "0"
    return context


def of_resource(facts: Facts, member: Membership | None) -> dict[str, ContextValue]:
    """What one question adds: the resource's owner, its tags, and further keys from its state."""
    context: dict[str, ContextValue] = {}
    if facts.account is not None:
        context["aws:resourceaccount"] = facts.account
    if facts.tags:
        # The resource's service, not the action's: sts:AssumeRole is asked with iam:ResourceTag.
        service = facts.arn.split(":", 3)[2] if facts.arn.count(":") >= 3 else ""
        for key, value in facts.tags.items():
            folded = key.lower()
            context["aws:resourcetag/" + folded] = value
            context[f"{service}:resourcetag/{folded}"] = value
    if facts.context:
        context.update(facts.context)
    if member is not None:
        context["aws:resourceorgid"] = member.id
        context["aws:resourceorgpaths"] = (member.path,)
    return context
