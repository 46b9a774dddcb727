"""The root user's credentials in use.

Logic: specification 2, `Policy:IAMUser/RootCredentialUsage`: the identity is Root, no service acts for it, and it is
no event of a service. Sessions of `sts:AssumeRoot` say `assumedRoot` in their session context (CloudTrail user guide,
"userIdentity element") and are the other type. A sign-in that failed used no credentials.
"""

from __future__ import annotations

from collections.abc import Iterable

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall
from garrison.detect.parameters import truth
from garrison.detect.registry import on_event
from garrison.detect.saying import of_call

USE = "Policy:IAMUser/RootCredentialUsage"
SHORT = "Policy:IAMUser/ShortTermRootCredentialUsage"


@on_event(ApiCall, USE, SHORT)
def root_user(call: ApiCall, context: Context) -> Iterable[Detection]:
    if call.identity_type != "Root":
        return ()
    record = call.record
    who = record.get("userIdentity") or {}
    if who.get("invokedBy") or record.get("eventType") == "AwsServiceEvent":
        return ()
    if call.error and call.source == "signin":
        return ()
    session = who.get("sessionContext") or {}
    type = SHORT if truth(session.get("assumedRoot")) or truth(who.get("assumedRoot")) else USE
    return (of_call(type, call, context, (call.account,)),)
