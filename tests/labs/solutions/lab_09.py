"""Lab 9 solved."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from tests.labs.solutions.script import Learner, Script, document, until

SCRIPT = Script(9)
STOLEN = "Stealth:IAMUser/PasswordPolicyChange"
HARMLESS = "Policy:IAMUser/RootCredentialUsage"


def _findings(learner: Learner, type: str) -> list[dict[str, Any]]:
    """Once there are any."""
    guardduty = learner.client("guardduty")
    detector = learner.fact("detector")
    criteria = {"Criterion": {"type": {"Equals": [type]}}}
    found: list[str] = []

    def there() -> bool:
        found[:] = guardduty.list_findings(DetectorId=detector, FindingCriteria=criteria)["FindingIds"]
        return bool(found)

    until(there, f"no finding {type}")
    told: list[dict[str, Any]] = guardduty.get_findings(DetectorId=detector, FindingIds=found)["Findings"]
    return told


@SCRIPT.step("key")
def key(learner: Learner) -> None:
    (theft,) = _findings(learner, STOLEN)
    stolen = theft["Resource"]["AccessKeyDetails"]["AccessKeyId"]
    learner.iam.update_access_key(UserName="builder", AccessKeyId=stolen, Status="Inactive")


@SCRIPT.step("session")
def session(learner: Learner) -> None:
    # A second is the smallest thing that a moment in a policy tells.
    until(lambda: time.time() > learner.attempt.started + 3, "time stands still")
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    older = {"DateLessThan": {"aws:TokenIssueTime": now}}
    learner.iam.put_role_policy(
        RoleName="deploy",
        PolicyName="AWSRevokeOlderSessions",
        PolicyDocument=document({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": older}),
    )


@SCRIPT.step("repair")
def repair(learner: Learner) -> None:
    learner.iam.update_account_password_policy(MinimumPasswordLength=14)


@SCRIPT.step("suppression")
def suppression(learner: Learner) -> None:
    _findings(learner, HARMLESS)
    learner.client("guardduty").create_filter(
        DetectorId=learner.fact("detector"),
        Name="root-job",
        Action="ARCHIVE",
        FindingCriteria={"Criterion": {"type": {"Equals": [HARMLESS]}}},
    )
