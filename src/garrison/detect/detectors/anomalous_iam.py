"""Calls that are unlike their principal, and unlike its account: `*:IAMUser/AnomalousBehavior`.

Source of the families: GuardDuty user guide, "IAM finding types", which names examples of each; to them are added the
calls that do the same elsewhere (a snapshot of a database as one of a disk), and turning off MFA as persistence
(ATT&CK T1556.006, "Modify Authentication Process"), which AWS names in no family. The statistics are ours
(`baseline.rarity`): AWS's model is not published. What a principal does of one tactic is one finding, however long it
goes on (user guide, "GuardDuty finding aggregation").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from garrison.detect.baseline.callers import agent, country, network
from garrison.detect.baseline.learning import watched
from garrison.detect.baseline.memory import DAY
from garrison.detect.baseline.rarity import THRESHOLD, Rarity, attend, learn, rarity, suspect, with_anomaly
from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall
from garrison.detect.parameters import denied
from garrison.detect.registry import on_event
from garrison.detect.saying import of_call

_FAMILIES = {
    "CredentialAccess": "GetPasswordData GetSecretValue BatchGetSecretValue GenerateDbAuthToken GetParameter"
    " GetParameters GetParametersByPath",
    "DefenseEvasion": "DeleteFlowLogs DisableAlarmActions StopLogging DeleteTrail UpdateTrail PutEventSelectors"
    " DeleteDetector UpdateDetector DeleteRule DisableRule StopConfigurationRecorder DeleteConfigurationRecorder"
    " DeleteLogGroup DeleteLogStream",
    "Exfiltration": "PutBucketReplication CreateSnapshot CopySnapshot RestoreDBInstanceFromDBSnapshot"
    " CreateDBSnapshot CreateDBClusterSnapshot CopyDBSnapshot CopyDBClusterSnapshot"
    " ModifySnapshotAttribute ModifyDBSnapshotAttribute ModifyDBClusterSnapshotAttribute ModifyImageAttribute"
    " CreateInstanceExportTask StartExportTask",
    "Impact": "DeleteSecurityGroup UpdateUser RunInstances DeleteBucket DeregisterImage ScheduleKeyDeletion"
    " DisableKey TerminateInstances DeleteVolume DeleteDBInstance DeleteDBCluster DeleteTable",
    "InitialAccess": "GetFederationToken GetSessionToken StartSession GetAuthorizationToken ConsoleLogin"
    " AssumeRoleWithSAML AssumeRoleWithWebIdentity",
    "Persistence": "CreateAccessKey ImportKeyPair CreateKeyPair ModifyInstanceAttribute CreateUser CreateRole"
    " CreateLoginProfile UpdateLoginProfile UpdateFunctionCode UpdateFunctionConfiguration SendCommand"
    " CreateOpenIDConnectProvider CreateSAMLProvider DeactivateMFADevice DeleteVirtualMFADevice",
    "PrivilegeEscalation": "AttachRolePolicy AttachUserPolicy AttachGroupPolicy PutUserPolicy PutRolePolicy"
    " PutGroupPolicy AddUserToGroup UpdateAssumeRolePolicy CreatePolicyVersion SetDefaultPolicyVersion"
    " AddRoleToInstanceProfile AssociateIamInstanceProfile ReplaceIamInstanceProfileAssociation"
    " DeleteRolePermissionsBoundary DeleteUserPermissionsBoundary",
}
_TACTIC = {name: tactic for tactic, names in _FAMILIES.items() for name in names.split()}
_DISCOVERY = ("List", "Describe", "Get")
_MODEL = frozenset({"InvokeModel", "InvokeModelWithResponseStream", "Converse", "ConverseStream", "InvokeEndpoint"})
_TYPES = tuple(f"{tactic}:IAMUser/AnomalousBehavior" for tactic in (*_FAMILIES, "Discovery"))
_BURST, _BURST_SECONDS = 5, 600
"""New APIs within ten minutes, from which on looking around is discovery."""


@on_event(ApiCall, *_TYPES, "Impact:IAMUser/AnomalousModelInvocation")
def anomalous_call(call: ApiCall, context: Context) -> Iterator[Detection]:
    """`anomalous.nats` sets the threshold. Calls of AWS's services, also those on somebody's behalf, do not count."""
    if call.source == "s3" or not by_somebody(call):
        return
    if call.name == "ConsoleLogin" and call.response.get("ConsoleLogin") != "Success":
        return  # nobody came in
    model = call.name in _MODEL
    if call.data_event and not model:
        return
    memory = context.memory
    # Of most calls all is known, and the principal was seen this day: those end here.
    day = call.time // DAY
    short = (day, call.account, call.principal, call.source, call.name, call.source_address, call.user_agent)
    if not model and memory.usual.get(short):
        return
    if attend(memory, call.account, call.principal, call.time):
        watched(context, call.account, "api", call.time)
    features = features_of(call, context)
    if model:
        features["model"] = str(call.params.get("modelId") or call.params.get("endpointName") or "")
    learned = watched(context, call.account, "api", call.time)
    rare = rarity(memory, call.account, call.principal, features, call.time)
    if rare.known:
        memory.usual.put(short, True)
        return
    tactic = _TACTIC.get(call.name, "")
    threshold = context.settings.get("anomalous.nats", THRESHOLD)
    new = any(f.kind in ("api", "model") for f in rare.features)
    if learned and (new or tactic) and rare.unusual(threshold):
        if model:
            type, tactic = "Impact:IAMUser/AnomalousModelInvocation", "Impact"
        elif not tactic and call.name.startswith(_DISCOVERY) and _burst(call, context):
            type, tactic = "Discovery:IAMUser/AnomalousBehavior", "Discovery"
        else:
            type = f"{tactic}:IAMUser/AnomalousBehavior" if tactic else ""
        if tactic:
            suspect(memory, call.account, call.principal, rare, call.time)
            yield of_anomaly(type, call, context, (call.principal, tactic), rare, features)
            return
        if call.name.startswith(_DISCOVERY):
            return  # not yet enough to say so, nor to be learned from
    if not call.error:
        learn(memory, call.account, call.principal, features, call.time)


def by_somebody(call: ApiCall) -> bool:
    """Not by a service, nor through one."""
    if call.identity_type == "AWSService" or not call.principal or call.source_address.endswith(".amazonaws.com"):
        return False
    invoked = (call.record.get("userIdentity") or {}).get("invokedBy", "")
    return not (isinstance(invoked, str) and invoked.endswith(".amazonaws.com"))


def features_of(call: ApiCall, context: Context) -> dict[str, str]:
    """Of any call."""
    return {
        "api": f"{call.source}:{call.name}",
        "network": network(context, call.source_address),
        "country": country(context, call.source_address),
        "agent": agent(call.user_agent),
    }


def of_anomaly(
    type: str, call: ApiCall, context: Context, key: tuple[str, ...], rare: Rarity, features: Mapping[str, str],
    resource: str = "", details: dict[str, Any] | None = None,
) -> Detection:  # fmt: skip
    """A detection that says what was new."""
    return with_anomaly(
        of_call(type, call, context, key, resource=resource, details=details), rare, features, "userIdentity"
    )


def _burst(call: ApiCall, context: Context) -> bool:
    bucket = int(call.time // _BURST_SECONDS)
    scope = f"{call.account}|looking|{call.principal}|{bucket}"
    context.memory.learn(scope, "denied" if denied(call) else "api", call.name, call.time)
    least = context.settings.get("discovery.apis", _BURST)
    return max(context.memory.count(scope, "api"), context.memory.count(scope, "denied")) >= least
