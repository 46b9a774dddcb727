"""Credentials made for a workload, used from somewhere else.

Logic: specification 2, `*CredentialExfiltration.*`. EC2 names the sessions of instances after them (`i-...`); Lambda
and others say in `inScopeOf` whom credentials were made for (CloudTrail user guide, "userIdentity element"), and some
are known by their sessions' names. Used through another account's VPC endpoint they have left the account; used from
an address of a network that is not Amazon's, they have left AWS. Whose networks addresses are in a database says;
without one the calls of macOS alone tell, and a second address together with a second program. AWS knows more: which
account each of its addresses belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from garrison.detect.addresses import public
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
_AMAZON = frozenset({7224, 8987, 9059, 10124, 14618, 16509, 17493, 19047, 36263, 39111, 62785})
_APPLE = re.compile(r"Darwin|os/macos|Mac OS|Macintosh", re.IGNORECASE)
_KNOWN_ADDRESS = "8.8.8.8"
"""Of a network every database has."""


@on_event(ApiCall, INSIDE, OUTSIDE, RESOURCE)
def stolen_credentials(call: ApiCall, context: Context) -> Iterable[Detection]:
    if call.identity_type != "AssumedRole":
        return ()
    session = call.principal_id.rpartition(":")[2]
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
    address = call.source_address
    if context.known("address", address).get("own"):
        return False
    place = context.place(address)
    if place.asn:
        return place.asn not in _AMAZON
    if context.place(_KNOWN_ADDRESS).asn:
        return True  # the database knows Amazon's networks, and this is none of them
    if _APPLE.search(call.user_agent):
        return True
    return _second(call, context, owner)


def _second(call: ApiCall, context: Context, owner: str) -> bool:
    """Whether both the address and the program are new to a workload that has its own already."""
    memory, scope, time = context.memory, f"{call.account}/{owner}", call.time
    program = call.user_agent.partition("/")[0].lower()
    known_address = memory.known(scope, "egress", call.source_address, time)
    known_program = memory.known(scope, "program", program, time)
    if not known_address and not known_program and memory.count(scope, "egress"):
        memory.quarantine(scope, "egress", call.source_address, time)
        return True
    memory.learn(scope, "egress", call.source_address, time)
    memory.learn(scope, "program", program, time)
    return False
