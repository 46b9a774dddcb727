"""Calls that are unlike their principal, and unlike its account: `*:IAMUser/AnomalousBehavior`.

Source of the families: GuardDuty user guide, "IAM finding types", which names examples of each. The statistics are
ours (`baseline.rarity`): AWS's model is not published. Turning off MFA is persistence by our own judgement (ATT&CK
T1556.006, "Modify Authentication Process"): AWS names it in no family.
"""

from __future__ import annotations

import time as clock
from collections.abc import Iterator, Mapping
from typing import Any

from garrison.detect.baseline.callers import agent, country, network
from garrison.detect.baseline.learning import watched
from garrison.detect.baseline.rarity import THRESHOLD, Rarity, learn, rarity, suspect, with_anomaly
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
    " ModifySnapshotAttribute ModifyDBSnapshotAttribute ModifyDBClusterSnapshotAttribute ModifyImageAttribute"
    " CreateInstanceExportTask StartExportTask",
    "Impact": "DeleteSecurityGroup UpdateUser RunInstances DeleteBucket DeregisterImage ScheduleKeyDeletion"
    " TerminateInstances DeleteVolume DeleteDBInstance DeleteDBCluster DeleteTable",
    "InitialAccess": "GetFederationToken StartSession GetAuthorizationToken ConsoleLogin AssumeRoleWithSAML"
    " AssumeRoleWithWebIdentity",
    "Persistence": "CreateAccessKey ImportKeyPair CreateKeyPair ModifyInstanceAttribute CreateUser CreateRole"
    " CreateLoginProfile UpdateLoginProfile UpdateFunctionCode SendCommand CreateOpenIDConnectProvider"
    " CreateSAMLProvider DeactivateMFADevice DeleteVirtualMFADevice",
    "PrivilegeEscalation": "AttachRolePolicy AttachUserPolicy AttachGroupPolicy PutUserPolicy PutRolePolicy"
    " PutGroupPolicy AddUserToGroup UpdateAssumeRolePolicy CreatePolicyVersion SetDefaultPolicyVersion"
    " AddRoleToInstanceProfile DeleteRolePermissionsBoundary DeleteUserPermissionsBoundary",
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
    # Of most calls all is known: those end here.
    memory = context.memory
    short = (call.account, call.principal, call.source, call.name, call.source_address, call.user_agent)
    if not model and memory.usual.get(short):
        return
    features = features_of(call, context)
    if model:
        features["model"] = str(call.params.get("modelId") or call.params.get("endpointName") or "")
    learned = watched(context, call.account, "api", call.time)
    rare = rarity(memory, call.account, call.principal, features, call.time)
    if not rare.features:
        memory.usual.put(short, True)
        return
    tactic = _TACTIC.get(call.name, "")
    threshold = context.settings.get("anomalous.nats", THRESHOLD)
    if learned and rare.unusual(threshold) and any(f.kind in ("api", "model") for f in rare.features):
        if model:
            type, tactic = "Impact:IAMUser/AnomalousModelInvocation", "Impact"
        elif not tactic and call.name.startswith(_DISCOVERY) and _burst(call, context):
            type, tactic = "Discovery:IAMUser/AnomalousBehavior", "Discovery"
        else:
            type = f"{tactic}:IAMUser/AnomalousBehavior" if tactic else ""
        if tactic:
            suspect(memory, call.account, call.principal, rare, call.time)
            day = clock.strftime("%Y-%m-%d", clock.gmtime(call.time))
            yield of_anomaly(type, call, context, (call.principal, tactic, day), rare, features)
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
