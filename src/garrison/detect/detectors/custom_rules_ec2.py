"""Custom detection rules over EC2: what runs at a start, who gets in, what is shared, what stops being logged.

Logic: specification 2, table of custom detection rules. Sharing within the user's own accounts is no finding. A
denied GetPasswordData is still somebody trying for a password, of low severity.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall
from garrison.detect.parameters import denied, items, text, truth
from garrison.detect.registry import on_event
from garrison.detect.saying import of_rule

CREDENTIALS = "CredentialAccess:EC2/UnsecuredCredentials"
TOOLS = "DefenseImpairment:EC2/DisableOrModifyTools"
USER_DATA = "Persistence:EC2/BootOrLogonInitializationScripts"
SSH_KEY = "LateralMovement:EC2/RemoteServices"
SHARED = "Exfiltration:EC2/TransferDataToCloudAccount"


def _instance(call: ApiCall) -> tuple[str, dict[str, Any]]:
    id = text(call.params.get("instanceId"))
    return id, {"instanceDetails": {"instanceId": id}} if id else {}


@on_event(ApiCall, CREDENTIALS, names=("GetPasswordData",))
def password_data(call: ApiCall, context: Context) -> Iterable[Detection]:
    if call.source != "ec2" or (call.error and not denied(call)):
        return ()
    id, details = _instance(call)
    severity = 2.0 if call.error else None
    return (of_rule("EC2PasswordDataRetrieved", call, context, resource=id, details=details, severity=severity),)


@on_event(ApiCall, TOOLS, USER_DATA, names=("ModifyInstanceAttribute",))
def instance_attribute(call: ApiCall, context: Context) -> Iterable[Detection]:
    if call.source != "ec2" or call.error:
        return
    params, (id, details) = call.params, _instance(call)
    named = text(params.get("attribute"))
    if params.get("userData") or named == "userData":
        yield of_rule("EC2UserDataModified", call, context, resource=id, details=details)
    protected = params.get("value") if named == "disableApiTermination" else params.get("disableApiTermination")
    if truth(protected):
        yield of_rule("EC2TerminationProtectionEnabled", call, context, resource=id, details=details)


@on_event(ApiCall, TOOLS, names=("DeleteFlowLogs",))
def flow_logs(call: ApiCall, context: Context) -> Iterable[Detection]:
    if call.source != "ec2" or call.error:
        return ()
    request = call.params.get("DeleteFlowLogsRequest")
    ids = request.get("FlowLogId") if isinstance(request, dict) else call.params.get("flowLogIds")
    named = ", ".join(text(one.get("content") if isinstance(one, dict) else one) for one in items(ids))
    return (of_rule("VPCFlowLogsDeleted", call, context, resource=named or "flow logs"),)


@on_event(ApiCall, SSH_KEY, names=("SendSSHPublicKey", "SendSerialConsoleSSHPublicKey"))
def ssh_key(call: ApiCall, context: Context) -> Iterable[Detection]:
    if call.source != "ec2-instance-connect" or call.error:
        return ()
    id, details = _instance(call)
    return (of_rule("EC2InstanceSSHKeyPushed", call, context, resource=id, details=details),)


@on_event(ApiCall, SHARED, names=("ModifyImageAttribute", "ModifySnapshotAttribute"))
def shared(call: ApiCall, context: Context) -> Iterable[Detection]:
    if call.source != "ec2" or call.error:
        return ()
    outsiders = [who for who in _added(call.params) if who and not context.own_account(_account(who))]
    if not outsiders:
        return ()
    image = call.name == "ModifyImageAttribute"
    resource = text(call.params.get("imageId" if image else "snapshotId"))
    rule = "AMIExternalAccess" if image else "EBSSnapshotExternalAccess"
    return (of_rule(rule, call, context, resource=resource, additional={"sharedWith": outsiders}),)


def _account(who: str) -> str:
    """The account itself, or the one that manages an organization or unit named by its ARN."""
    return who.split(":")[4] if who.count(":") >= 5 else who


def _added(params: dict[str, Any]) -> Iterator[str]:
    """Accounts, groups and organizations that permissions are added for, in the new and the old form of the call."""
    for name in ("launchPermission", "createVolumePermission"):
        permission = params.get(name)
        added = items(permission.get("add")) if isinstance(permission, dict) else []
        for one in added:
            if isinstance(one, dict):
                yield text(one.get("userId") or one.get("group") or one.get("organizationArn"))
    if params.get("operationType") == "add":
        for old in ("userIds", "userId", "groups", "group", "groupNames", "userIdSet", "groupSet"):
            for one in items(params.get(old)):
                yield text(next(iter(one.values()), "") if isinstance(one, dict) else one)
