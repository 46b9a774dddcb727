"""Credentials made for a workload, used from somewhere else.

Logic: specification 2, `*CredentialExfiltration.*`. EC2 names the sessions of instances after them (`i-...`); Lambda
and others say in `inScopeOf` whom credentials were made for (CloudTrail user guide, "userIdentity element"), and some
are known by their sessions' names. Used through another account's VPC endpoint they have left the account; used from
an address that is no network of Amazon's (`detect.amazon`), they have left AWS. Networks that reach AWS through a
data centre of their own look the same, there as here: an address that was part of a finding counts as theirs after 14
days, and one known as the user's own at once. Which account an address of AWS belongs to is known to AWS alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from garrison.detect.addresses import public
from garrison.detect.amazon import ASNS, maybe_amazon
from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall
from garrison.detect.parameters import text
from garrison.detect.registry import on_event
from garrison.detect.saying import of_call

INSIDE = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS"
OUTSIDE = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"
RESOURCE = "UnauthorizedAccess:IAMUser/ResourceCredentialExfiltration.OutsideAWS"

_INSTANCE = re.compile(r"i-[0-9a-fA-F]{8,17}$")
_WORKLOAD = re.compile(r"(GlueJobRunnerSession|SageMaker|eks-.+-[0-9a-f-]{36}|[0-9a-f]{32})$")
"""Sessions of Glue, SageMaker, EKS pods and ECS tasks. From what is seen in trails, not documented."""
_AGENT = frozenset({"ssmmessages", "ec2messages"})
"""What an instance's own agent keeps open, also where it goes out through another network."""


@on_event(ApiCall, INSIDE, OUTSIDE, RESOURCE)
def stolen_credentials(call: ApiCall, context: Context) -> Iterable[Detection]:
    if call.identity_type != "AssumedRole" or call.source in _AGENT:
        return ()
    who = call.record.get("userIdentity") or {}
    if who.get("invokedBy"):
        return ()
    session = call.principal_id.partition(":")[2] or text(who.get("arn")).rpartition("/")[2]
    instance = _INSTANCE.match(session)
    owner = session if instance else _made_for(call, session)
    if not owner or not public(call.source_address):
        return ()
    endpoint = text(call.record.get("vpcEndpointAccountId"))
    if endpoint and instance and not context.own_account(endpoint):
        return (_said(INSIDE, call, context, owner),)
    if endpoint or call.record.get("vpcEndpointId") or not _left(call, context, owner):
        return ()
    return (_said(OUTSIDE if instance else RESOURCE, call, context, owner),)


def _said(type: str, call: ApiCall, context: Context, owner: str) -> Detection:
    details: dict[str, Any] = {}
    if type != RESOURCE:
        details["instanceDetails"] = {"instanceId": owner}
    return of_call(type, call, context, (owner,), resource=owner, details=details)


def _made_for(call: ApiCall, session: str) -> str:
    scope = (call.record.get("userIdentity") or {}).get("inScopeOf")
    if isinstance(scope, dict) and scope.get("issuerType") != "AWS::EC2::Instance":
        return text(scope.get("credentialsIssuedTo") or scope.get("sourceArn"))
    return session if _WORKLOAD.match(session) else ""


def _left(call: ApiCall, context: Context, owner: str) -> bool:
    address, scope = call.source_address, f"{call.account}/{owner}"
    if maybe_amazon(address) or context.place(address).asn in ASNS or context.known("address", address).get("own"):
        return False
    if context.memory.known(scope, "egress", address, call.time):
        return False
    context.memory.quarantine(scope, "egress", address, call.time)
    return True
