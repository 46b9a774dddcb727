"""Shield Advanced through boto3, the aws command and the SDK for JavaScript, which speaks CBOR."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from garrison.services.shield import events
from garrison.shield import Event, Sample
from garrison.shield.attributes import DIMENSIONS
from garrison.store import Transaction
from garrison.store.open import open_store
from tests.clients.drivers import Boto3, Driver, Refused
from tests.clients.scenario import allow, policy
from tests.clients.server import Credentials, Server
from tests.edge.waf import visibility

pytestmark = pytest.mark.client

CHECK = "arn:aws:route53:::healthcheck/12345678-1234-1234-1234-123456789012"
CALLED = {"EmailAddress": "ops@example.com", "PhoneNumber": "+15550100", "ContactNotes": "at any hour"}


class Account:
    """An account of its own, and who asks for it."""

    def __init__(self, driver: Driver, server: Server) -> None:
        self._driver = driver
        self._prepares = Boto3(server.url)  # the aws command takes seconds for what is only prepared here
        self.id, self.root = server.new_account(f"shield-{uuid.uuid4().hex[:8]}")
        self.eip = f"arn:aws:ec2:us-east-1:{self.id}:eip-allocation/eipalloc-0123456789abcdef0"

    def shield(self, operation: str, by: Credentials | None = None, **params: Any) -> dict[str, Any]:
        return self._driver.call(by or self.root, "shield", operation, **params)

    def refused(self, operation: str, by: Credentials | None = None, **params: Any) -> tuple[str, str]:
        """(code, message)"""
        with pytest.raises(Refused) as caught:
            self.shield(operation, by, **params)
        return caught.value.code, caught.value.message

    def prepare(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        return self._prepares.call(self.root, service, operation, **params)

    def balancer(self) -> str:
        """A load balancer with a web ACL."""
        made = self.prepare("elbv2", "CreateLoadBalancer", Name="shop", Subnets=["subnet-11111111", "subnet-22222222"])
        arn: str = made["LoadBalancers"][0]["LoadBalancerArn"]
        acl = self.prepare(
            "wafv2", "CreateWebACL", Name="shop", Scope="REGIONAL", DefaultAction={"Allow": {}},
            VisibilityConfig=visibility("shop"),
        )["Summary"]["ARN"]  # fmt: skip
        self.prepare("wafv2", "AssociateWebACL", WebACLArn=acl, ResourceArn=arn)
        self.acl = acl
        return arn

    def groups(self) -> list[str]:
        """Rules of the web ACL that Shield put there."""
        id = self.acl.rpartition("/")[2]
        found = self.prepare("wafv2", "GetWebACL", Name="shop", Scope="REGIONAL", Id=id)["WebACL"]["Rules"]
        return [one["Name"] for one in found if one["Name"].startswith("ShieldMitigationRuleGroup_")]

    def somebody(self) -> Credentials:
        """A user who may look and do nothing else."""
        self.prepare("iam", "CreateUser", UserName="looks")
        document = policy(allow("shield:List*"))
        self.prepare("iam", "PutUserPolicy", UserName="looks", PolicyName="p", PolicyDocument=document)
        key = self.prepare("iam", "CreateAccessKey", UserName="looks")["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


@pytest.fixture
def account(driver: Driver, server: Server) -> Account:
    """For each of the three clients."""
    return Account(driver, server)


# The aws command takes a second for each of its thirty calls.
@pytest.mark.parametrize("driver", ["boto3", "javascript", pytest.param("aws", marks=pytest.mark.soak)], indirect=True)
def test_a_year_of_shield_advanced_from_its_beginning(account: Account) -> None:
    shield, refused = account.shield, account.refused
    assert shield("GetSubscriptionState") == {"SubscriptionState": "INACTIVE"}
    missing = ("ResourceNotFoundException", "The subscription does not exist.")
    assert refused("DescribeSubscription") == missing
    shield("CreateSubscription")
    assert refused("CreateSubscription") == ("ResourceAlreadyExistsException", "The subscription already exists.")
    subscription = shield("DescribeSubscription")["Subscription"]
    assert (subscription["TimeCommitmentInSeconds"], subscription["AutoRenew"]) == (31_536_000, "ENABLED")
    assert refused("DeleteSubscription")[0] == "LockedSubscriptionException"

    balancer = account.balancer()
    tags = [{"Key": "team", "Value": "edge"}]
    id = shield("CreateProtection", Name="shop", ResourceArn=balancer, Tags=tags)["ProtectionId"]
    shield("CreateProtection", Name="address", ResourceArn=account.eip)
    again = refused("CreateProtection", Name="again", ResourceArn=balancer)
    assert again == ("ResourceAlreadyExistsException", "The referenced protection already exists.")
    assert refused("CreateProtection", Name="x", ResourceArn="arn:aws:s3:::b")[0] == "InvalidResourceException"
    code, message = refused("CreateProtection", Name="with/slash", ResourceArn=account.eip)
    assert (code, "Name" in message or "name" in message) == ("ValidationException", True), message
    listed = shield("ListProtections", MaxResults=1)
    if "NextToken" in listed:  # the aws command has asked for the rest by itself
        listed["Protections"] += shield("ListProtections", MaxResults=1, NextToken=listed["NextToken"])["Protections"]
    assert {one["Name"] for one in listed["Protections"]} == {"shop", "address"}

    shield("AssociateHealthCheck", ProtectionId=id, HealthCheckArn=CHECK)
    shield("EnableApplicationLayerAutomaticResponse", ResourceArn=balancer, Action={"Count": {}})
    protection = shield("DescribeProtection", ResourceArn=balancer)["Protection"]
    assert protection["HealthCheckIds"] == [CHECK.rpartition("/")[2]]
    response = protection["ApplicationLayerAutomaticResponseConfiguration"]
    assert response == {"Status": "ENABLED", "Action": {"Count": {}}}
    assert len(account.groups()) == 1
    only = refused("EnableApplicationLayerAutomaticResponse", ResourceArn=account.eip, Action={"Block": {}})
    assert only[0] == "InvalidOperationException"

    shield(
        "CreateProtectionGroup", ProtectionGroupId="balancers", Aggregation="MEAN", Pattern="BY_RESOURCE_TYPE",
        ResourceType="APPLICATION_LOAD_BALANCER",
    )  # fmt: skip
    assert shield("ListResourcesInProtectionGroup", ProtectionGroupId="balancers") == {"ResourceArns": [balancer]}
    wrong = refused("CreateProtectionGroup", ProtectionGroupId="x", Aggregation="SUM", Pattern="ARBITRARY")
    assert wrong == ("InvalidParameterException", "Members must be set if Pattern is ARBITRARY.")

    shield("AssociateProactiveEngagementDetails", EmergencyContactList=[CALLED])
    assert shield("DescribeEmergencyContactSettings") == {"EmergencyContactList": [CALLED]}
    nobody = refused("UpdateEmergencyContactSettings", EmergencyContactList=[{"EmailAddress": "ops@example.com"}])
    assert nobody == ("InvalidParameterException", "Every emergency contact needs a phone number.")

    arn = protection["ProtectionArn"]
    shield("TagResource", ResourceARN=arn, Tags=[{"Key": "stage", "Value": "live"}])
    shield("UntagResource", ResourceARN=arn, TagKeys=["team"])
    assert shield("ListTagsForResource", ResourceARN=arn) == {"Tags": [{"Key": "stage", "Value": "live"}]}

    looks = account.somebody()
    assert len(shield("ListProtections", looks)["Protections"]) == 2
    code, message = refused("DeleteProtection", looks, ProtectionId=id)
    assert code == "AccessDeniedException"
    assert "is not authorized to perform: shield:DeleteProtection" in message
    shield("DeleteProtection", ProtectionId=id)
    assert account.groups() == []
    assert refused("DescribeProtection", ProtectionId=id)[0] == "ResourceNotFoundException"


def _time(told: Any) -> datetime:
    """The aws command shows the seconds that came, the libraries make times of them."""
    return datetime.fromtimestamp(told, UTC) if isinstance(told, int | float) else datetime.fromisoformat(told)


def _attacked(server: Server, resource: str, began: datetime) -> str:
    """An attack as the watcher of the edge would have written it into the store."""
    started = int(began.timestamp())
    event = Event(started, started + 3, 12.0, {"user_agent": 0.9}, "normal")
    values = {"source": "203.0.113.9", "user_agent": "flooder/1", "uri": "/login"}
    sample = Sample(tuple(values.get(name, "") for name in DIMENSIONS))
    for _ in range(30):
        event.add(900, 600, 0, [(sample, 900.0)])
    event.ended = started + 30
    store, id = open_store(server.database), str(uuid.uuid4())

    def write(tx: Transaction) -> None:
        events.save(
            tx, id, resource, started=event.started, ended=event.ended, vectors=event.vectors,
            detail=event.detail(["ShieldSignature_user_agent_12345678"]), explained=event.explained(), now=started + 31,
        )  # fmt: skip

    store.writing(write)
    store.close()
    return id


def test_an_attack_is_listed_described_and_counted(account: Account, server: Server) -> None:
    shield, refused = account.shield, account.refused
    assert shield("ListAttacks") == {"AttackSummaries": []}
    assert shield("DescribeAttackStatistics")["DataItems"] == [{"AttackCount": 0}]
    shield("CreateSubscription")
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)
    id = _attacked(server, account.eip, began)

    def between(start: datetime, end: datetime) -> list[str]:
        span = {"FromInclusive": start, "ToExclusive": end}
        found = shield("ListAttacks", ResourceArns=[account.eip], StartTime=span)["AttackSummaries"]
        return [one["AttackId"] for one in found]

    day = timedelta(days=1)
    assert between(began - day, began + day) == [id]
    assert between(began - 2 * day, began) == []
    (summary,) = shield("ListAttacks")["AttackSummaries"]
    assert summary["AttackVectors"] == [{"VectorType": "REQUEST_FLOOD"}]
    assert _time(summary["EndTime"]) == began + timedelta(seconds=30)
    attack = shield("DescribeAttack", AttackId=id)["Attack"]
    (counter,) = attack["AttackCounters"]
    assert (counter["Max"], counter["N"], counter["Unit"]) == (900, 30, "requests per second")
    top = {one["AttackPropertyIdentifier"]: one["TopContributors"] for one in attack["AttackProperties"]}
    assert top["SOURCE_IP_ADDRESS"] == [{"Name": "203.0.113.9", "Value": 27_000}]
    assert attack["Mitigations"] == [{"MitigationName": "ShieldSignature_user_agent_12345678"}]
    statistics = shield("DescribeAttackStatistics")
    assert statistics["DataItems"] == [{"AttackVolume": {"RequestsPerSecond": {"Max": 900}}, "AttackCount": 1}]
    # Another account sees none of it.
    _, other = server.new_account(f"other-{uuid.uuid4().hex[:8]}")
    assert shield("ListAttacks", other) == {"AttackSummaries": []}
    assert refused("DescribeAttack", other, AttackId=id)[0] == "AccessDeniedException"


@pytest.mark.parametrize("driver", ["boto3", "javascript"], indirect=True)
def test_errors_have_the_members_that_the_model_says(account: Account) -> None:
    with pytest.raises(Refused) as caught:
        account.shield("DescribeSubscription")
    assert caught.value.members == {"resourceType": "SUBSCRIPTION"}
    account.shield("CreateSubscription")
    with pytest.raises(Refused) as caught:
        account.shield("CreateProtectionGroup", ProtectionGroupId="x", Aggregation="SUM", Pattern="ARBITRARY")
    field = {"name": "Members", "message": "Members must be set if Pattern is ARBITRARY."}
    assert caught.value.members == {"reason": "INVALID_OPTIONS", "fields": [field]}
