"""Custom detection rules over RDS: snapshots shared, databases made public, their authentication changed.

Logic: specification 2, table of custom detection rules. CloudTrail masks a password but keeps that one was given.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall
from garrison.detect.parameters import items, text, truth
from garrison.detect.registry import on_event
from garrison.detect.saying import of_rule

CREDENTIALS = "CredentialAccess:RDS/ModifyAuthenticationProcess"
IAM = "DefenseImpairment:RDS/ModifyAuthenticationProcess"
PUBLIC = "InitialAccess:RDS/ExploitPublicFacingApplication"
SHARED = "Exfiltration:RDS/TransferDataToCloudAccount"

_MODIFY = ("ModifyDBInstance", "ModifyDBCluster")
_MAKE = ("CreateDBInstance", "CreateDBCluster", "CreateDBInstanceReadReplica", "RestoreDBInstanceFromDBSnapshot",
         "RestoreDBInstanceFromS3", "RestoreDBInstanceToPointInTime", "RestoreDBClusterFromSnapshot",
         "RestoreDBClusterToPointInTime", "RestoreDBClusterFromS3")  # fmt: skip


def _database(call: ApiCall) -> tuple[str, dict[str, Any]]:
    params = call.params
    id = text(params.get("dBInstanceIdentifier") or params.get("targetDBInstanceIdentifier"))
    cluster = text(params.get("dBClusterIdentifier"))
    details = {"dbInstanceIdentifier": id, "dbClusterIdentifier": cluster}
    return id or cluster, {"rdsDbInstanceDetails": {name: value for name, value in details.items() if value}}


@on_event(ApiCall, CREDENTIALS, IAM, PUBLIC, names=(*_MODIFY, *_MAKE))
def database(call: ApiCall, context: Context) -> Iterable[Detection]:
    if call.source != "rds" or call.error:
        return
    params, (id, details) = call.params, _database(call)
    if truth(params.get("publiclyAccessible")):
        yield of_rule("RDSPubliclyAccessible", call, context, resource=id, details=details)
    if call.name not in _MODIFY:
        return
    pending = call.response.get("pendingModifiedValues")
    if params.get("masterUserPassword") or (isinstance(pending, dict) and pending.get("masterUserPassword")):
        yield of_rule("RDSMasterPasswordReset", call, context, resource=id, details=details)
    if truth(params.get("enableIAMDatabaseAuthentication")) is False:
        yield of_rule("RDSIAMAuthDisabled", call, context, resource=id, details=details)


@on_event(ApiCall, SHARED, names=("ModifyDBSnapshotAttribute", "ModifyDBClusterSnapshotAttribute"))
def snapshot(call: ApiCall, context: Context) -> Iterable[Detection]:
    if call.source != "rds" or call.error or call.params.get("attributeName") != "restore":
        return ()
    outsiders = [text(who) for who in items(call.params.get("valuesToAdd")) if not context.own_account(text(who))]
    if not outsiders:
        return ()
    params = call.params
    id = text(params.get("dBSnapshotIdentifier") or params.get("dBClusterSnapshotIdentifier"))
    return (of_rule("RDSSnapshotPubliclyShared", call, context, resource=id, additional={"sharedWith": outsiders}),)
