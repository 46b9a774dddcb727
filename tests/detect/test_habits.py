"""What is unlike before: nothing while it is learned, findings after, and nobody teaches by doing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from garrison.detect.baseline.memory import DAY, Remembered
from garrison.detect.context import Place
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall, DatabaseLogin, Event, KubernetesCall
from tests.detect.making import ACCOUNT, ADDRESS, NOW, api, kube, login
from tests.detect.network import asked, types

ELSEWHERE = "203.0.113.66"
STRANGE = "Kali-tool/1.0"
IAM = ["anomalous_call"]


def by(call: ApiCall, name: str) -> ApiCall:
    return msgspec.structs.replace(
        call, principal=f"arn:aws:iam::{call.account}:user/{name}", principal_id=f"AID{name}", user_name=name
    )


def week(account: str = ACCOUNT, days: int = 8) -> list[Event]:
    """Three people at their usual work, from one network."""
    return [
        by(api(source, name, {}, time=NOW - days * DAY + n * 3600 * 4, account=account, read_only=True), who)
        for n in range(days * 6)
        for source, name in (("ec2", "DescribeInstances"), ("iam", "ListUsers"), ("sts", "GetCallerIdentity"))
        for who in ("morgan", "alexis", "robin")
    ]


def told(
    history: Sequence[Event], now: Sequence[Event], names: Sequence[str], **other: Any
) -> tuple[list[Detection], list[Detection]]:
    """What was said of the history, and then of what happens now."""
    memory = Remembered()
    return (
        asked(history, memory=memory, names=names, windows=False, **other),
        asked(now, memory=memory, names=names, windows=False, **other),
    )


FAMILIES = {
    "CredentialAccess": ("secretsmanager", "GetSecretValue"),
    "DefenseEvasion": ("cloudtrail", "StopLogging"),
    "Exfiltration": ("ec2", "ModifySnapshotAttribute"),
    "Impact": ("kms", "ScheduleKeyDeletion"),
    "InitialAccess": ("ssm", "StartSession"),
    "Persistence": ("iam", "CreateAccessKey"),
    "PrivilegeEscalation": ("iam", "AttachUserPolicy"),
}


@pytest.mark.parametrize("tactic", FAMILIES)
def test_a_call_that_is_new_from_where_it_is_new(tactic: str) -> None:
    source, name = FAMILIES[tactic]
    for who, account in (("morgan", ACCOUNT), ("robin", "999988887777")):
        strange = by(api(source, name, {}, address=ELSEWHERE, agent=STRANGE, time=NOW, account=account), who)
        before, now = told(week(account), [strange], IAM)
        assert before == []
        assert types(now) == {f"{tactic}:IAMUser/AnomalousBehavior"}
        assert now[0].account == account
        # The same call as usual: from the network and with the program of the week.
        usual = by(api(source, name, {}, time=NOW, account=account), who)
        assert told(week(account), [usual], IAM)[1] == []


def test_what_was_new_is_said() -> None:
    strange = by(api("iam", "CreateAccessKey", {}, address=ELSEWHERE, agent=STRANGE, time=NOW), "morgan")
    [said] = told(week(), [strange], IAM)[1]
    assert said.anomaly is not None
    behavior = said.anomaly["unusual"]["behavior"]["userIdentity"]
    assert set(behavior) == {"APIs", "ASNs", "userAgents"}
    assert behavior["APIs"]["observations"]["text"] == ["iam:CreateAccessKey"]
    assert said.anomaly["profiles"]["userIdentity"]["ASNs"][0]["profileSubtype"] == "UNSEEN"
    assert said.key[1] == "Persistence"


def test_nothing_is_said_before_a_week_is_known() -> None:
    strange = by(api("iam", "CreateAccessKey", {}, address=ELSEWHERE, agent=STRANGE, time=NOW), "morgan")
    assert told(week(days=6), [strange], IAM)[1] == []
    assert types(told(week(days=6), [strange], IAM, settings={"baseline.days": 5})[1]) != set()


def test_nobody_teaches_by_doing() -> None:
    """A day of it is one finding; the next day it is still unusual."""
    strange = [
        by(api("iam", "CreateAccessKey", {}, address=ELSEWHERE, agent=STRANGE, time=NOW + n * 3600), "morgan")
        for n in range(30)
    ]
    said = told(week(), strange, IAM)[1]
    assert len(said) == 30
    assert len({d.key for d in said}) == 2


def test_somebody_new_may_do_what_others_do() -> None:
    usual = by(api("iam", "CreateUser", {}, time=NOW - 7 * DAY), "alexis")
    new = by(api("iam", "CreateUser", {}, time=NOW), "jamie")
    assert told([*week(), usual], [new], IAM)[1] == []
    stranger = by(api("iam", "CreateAccessKey", {}, address=ELSEWHERE, agent=STRANGE, time=NOW), "jamie")
    assert types(told([*week(), usual], [stranger], IAM)[1]) == {"Persistence:IAMUser/AnomalousBehavior"}


def test_a_service_and_a_colleague_doing_the_same_are_not_unusual() -> None:
    service = api("iam", "CreateAccessKey", {}, who="service", time=NOW)
    through = by(
        api("iam", "CreateAccessKey", {}, address="cloudformation.amazonaws.com", agent=STRANGE, time=NOW), "morgan"
    )
    assert told(week(), [service, through], IAM)[1] == []
    colleagues = [by(api("iam", "CreateUser", {}, time=NOW - 7 * DAY), who) for who in ("alexis", "robin")]
    mine = by(api("iam", "CreateUser", {}, time=NOW, address=ELSEWHERE), "morgan")
    assert told([*week(), *colleagues], [mine], IAM)[1] == []


def test_looking_around_is_a_burst_of_what_is_new() -> None:
    names = ("ListRoles", "ListPolicies", "ListGroups", "GetAccountSummary", "ListAccessKeys", "ListMFADevices")
    calls = [
        by(api("iam", name, {}, address=ELSEWHERE, agent=STRANGE, time=NOW - NOW % 600 + n, read_only=True), "morgan")
        for n, name in enumerate(names)
    ]
    assert types(told(week(), calls, IAM)[1]) == {"Discovery:IAMUser/AnomalousBehavior"}
    assert told(week(), calls[:4], IAM)[1] == []


def test_a_model_nobody_used_is_asked_from_elsewhere() -> None:
    body = {"modelId": "anthropic.claude-v2"}
    call = by(api("bedrock", "InvokeModel", body, address=ELSEWHERE, agent=STRANGE, time=NOW, data=True), "morgan")
    assert types(told(week(), [call], IAM)[1]) == {"Impact:IAMUser/AnomalousModelInvocation"}
    usual = by(api("bedrock", "InvokeModel", body, time=NOW - 5 * DAY, data=True), "morgan")
    again = by(api("bedrock", "InvokeModel", body, address=ELSEWHERE, time=NOW, data=True), "morgan")
    assert told([*week(), usual], [again], IAM)[1] == []


BUCKETS = {
    "Discovery:S3/AnomalousBehavior": "ListObjects",
    "Exfiltration:S3/AnomalousBehavior": "GetObject",
    "Impact:S3/AnomalousBehavior.Delete": "DeleteObject",
    "Impact:S3/AnomalousBehavior.Permission": "PutBucketPolicy",
    "Impact:S3/AnomalousBehavior.Write": "PutObject",
}


def reads(days: int = 8, each: int = 1) -> list[Event]:
    return [
        by(
            api(
                "s3",
                "GetObject",
                {"bucketName": "invoices", "key": f"{n}"},
                data=True,
                time=NOW - days * DAY + h * 3600,
            ),
            who,
        )
        for h in range(days * 24)
        for n in range(each)
        for who in ("morgan", "alexis")
    ]


@pytest.mark.parametrize("type", BUCKETS)
def test_a_bucket_is_used_as_it_never_was(type: str) -> None:
    names = ["anomalous_use_of_bucket"]
    fields: dict[str, Any] = {"data": True, "time": NOW}
    strange = by(
        api("s3", BUCKETS[type], {"bucketName": "payroll"}, address=ELSEWHERE, agent=STRANGE, **fields), "morgan"
    )
    before, now = told(reads(), [strange], names)
    assert before == []
    assert types(now) == {type}
    assert now[0].resource["s3BucketDetails"][0]["name"] == "payroll"
    usual = by(api("s3", BUCKETS[type], {"bucketName": "invoices"}, **fields), "morgan")
    assert told(reads(), [usual], names)[1] == []


def test_far_more_objects_are_read_than_ever() -> None:
    hour = NOW - NOW % 3600
    params = {"bucketName": "invoices", "key": "x"}

    def burst(n: int) -> list[Event]:
        return [by(api("s3", "GetObject", params, data=True, time=hour + i), "morgan") for i in range(n)]

    history = [
        by(api("s3", "GetObject", params, data=True, time=hour - h * 3600), "morgan")
        for h in range(1, 24 * 8)
        for _ in range(3)
    ]
    names = ["anomalous_amounts"]
    said = asked([*history, *burst(300)], names=names)
    assert types(said) == {"Exfiltration:S3/AnomalousBehavior"}
    assert said[0].additional["objects"] == 300
    assert asked([*history, *burst(20)], names=names) == []
    assert asked([*history[: 3 * 24 * 5], *burst(300)], names=names) == []  # five days


def pod(**spec: Any) -> dict[str, Any]:
    containers = [{"name": "c", "image": spec.pop("image", "registry.example/web:1")} | spec.pop("container", {})]
    return {"spec": {"containers": containers, **spec}}


KUBE = {
    "CredentialAccess:Kubernetes/AnomalousBehavior.SecretsAccessed": kube("list", "secrets", time=NOW),
    "Discovery:Kubernetes/AnomalousBehavior.PermissionChecked": kube("create", "selfsubjectaccessreviews", time=NOW),
    "Execution:Kubernetes/AnomalousBehavior.ExecInPod": kube("create", "pods/exec", status=101, time=NOW),
    "Execution:Kubernetes/AnomalousBehavior.WorkloadDeployed": kube(
        "create", "pods", request=pod(image="evil.example/miner"), time=NOW
    ),
    "Persistence:Kubernetes/AnomalousBehavior.WorkloadDeployed!ContainerWithSensitiveMount": kube(
        "create", "pods", request=pod(volumes=[{"hostPath": {"path": "/etc"}}]), time=NOW
    ),
    "PrivilegeEscalation:Kubernetes/AnomalousBehavior.WorkloadDeployed!PrivilegedContainer": kube(
        "create", "pods", request=pod(container={"securityContext": {"privileged": True}}), time=NOW
    ),
    "PrivilegeEscalation:Kubernetes/AnomalousBehavior.RoleBindingCreated": kube(
        "create", "rolebindings", request={"roleRef": {"name": "admin"}}, time=NOW
    ),
    "PrivilegeEscalation:Kubernetes/AnomalousBehavior.RoleCreated": kube(
        "create", "roles", request={"rules": [{"verbs": ["*"]}]}, time=NOW
    ),
}


@pytest.mark.parametrize("type", KUBE)
def test_a_cluster_is_used_as_it_never_was(type: str) -> None:
    names = ["anomalous_request"]
    history: list[Event] = [
        kube("create", "pods", request=pod(), user=user, time=NOW - d * DAY)
        for d in range(8)
        for user in ("morgan", "alexis")
    ]
    before, now = told(history, [KUBE[type]], names)
    assert before == []
    assert types(now) == {type}
    assert now[0].anomaly is not None
    event = KUBE[type]
    assert isinstance(event, KubernetesCall)
    others = [msgspec.structs.replace(event, user="alexis", time=NOW - 5 * DAY)]
    mine = [msgspec.structs.replace(event, time=NOW - 5 * DAY)]
    assert told([*history, *mine], [event], names)[1] == []  # it did so before
    controller = msgspec.structs.replace(event, user="system:serviceaccount:kube-system:replicaset-controller")
    assert told(history, [controller], names)[1] == []
    refused = msgspec.structs.replace(event, status=403)
    assert type.endswith("PermissionChecked") or told(history, [refused], names)[1] == []
    assert told(history[:6], [event], names)[1] == []  # three days
    assert len(told([*history, *others], [event], names)[1]) <= 1


def test_a_database_user_comes_from_elsewhere() -> None:
    names = ["anomalous_login"]
    history: list[Event] = [login(succeeded=True, time=NOW - d * DAY) for d in range(9)]
    now = login(succeeded=True, source=ELSEWHERE, time=NOW + 60)
    assert types(told(history, [now], names)[1]) == {"CredentialAccess:RDS/AnomalousBehavior.SuccessfulLogin"}
    assert told(history, [login(succeeded=True, time=NOW + 60)], names)[1] == []
    assert told(history[:5], [now], names)[1] == []


def test_far_more_sign_ins_fail_than_ever() -> None:
    hour = NOW - NOW % 3600
    history: list[Event] = [login(succeeded=h % 9 > 0, time=hour - h * 3600) for h in range(1, 24 * 8)]
    failing: list[Event] = [login(succeeded=False, source=ELSEWHERE, time=hour + i) for i in range(60)]
    names = ["anomalous_failures", "anomalous_login"]
    said = asked([*history, *failing], names=names)
    assert types(said) == {"CredentialAccess:RDS/AnomalousBehavior.FailedLogin"}
    assert asked([*history, *failing[:5]], names=names) == []
    usual: list[DatabaseLogin] = [login(succeeded=False, time=hour + i) for i in range(60)]
    assert asked([*history, *usual], names=names) == []  # the application's password has changed


def console(address: str, at: float) -> ApiCall:
    return by(
        api("signin", "ConsoleLogin", {}, response={"ConsoleLogin": "Success"}, address=address, time=at), "morgan"
    )


def test_one_person_in_two_countries_at_once() -> None:
    def place(address: str) -> Place:
        return Place("NL", "Netherlands") if address == ADDRESS else Place("BR", "Brazil")

    names = ["console_login_elsewhere"]
    at_once = [console(ADDRESS, NOW), console(ELSEWHERE, NOW + 1800)]
    assert types(told([], at_once, names, place=place)[1]) == {"UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B"}
    assert told([], at_once, names)[1] == []  # nobody says where that is
    flown = [console(ADDRESS, NOW), console(ELSEWHERE, NOW + 11 * 3600)]
    assert told([], flown, names, place=place)[1] == []
    living_there: list[Event] = [console(ELSEWHERE, NOW - 5 * DAY)]
    assert told(living_there, at_once, names, place=place)[1] == []
