"""Custom detection rules over Organizations: an account that leaves, policies that no longer count.

Logic: specification 2, table of custom detection rules. Wanting to leave counts, whether it succeeded or not.
"""

from __future__ import annotations

from collections.abc import Iterable

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall
from garrison.detect.parameters import text
from garrison.detect.registry import on_event
from garrison.detect.saying import of_rule

LEAVES = "DefenseImpairment:Organizations/ModifyCloudResourceHierarchy"
DISABLED = "DefenseImpairment:Organizations/DisableOrModifyTools"


@on_event(ApiCall, LEAVES, names=("LeaveOrganization",))
def leaves(call: ApiCall, context: Context) -> Iterable[Detection]:
    return (of_rule("OrganizationLeaveAttempt", call, context),) if call.source == "organizations" else ()


@on_event(ApiCall, DISABLED, names=("DisablePolicyType",))
def policies_disabled(call: ApiCall, context: Context) -> Iterable[Detection]:
    if call.source != "organizations" or call.error:
        return ()
    return (of_rule("OrganizationPolicyDisabled", call, context, resource=text(call.params.get("policyType"))),)
