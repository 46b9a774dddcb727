"""The resource's side of calls to a real moto_server: its policies, accounts beyond, and what cannot be read."""

from __future__ import annotations

import io
import json
import threading
import time
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.clients.house import OWNER, House, allow, code, policy
from tests.clients.server import Credentials, Server

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("upstream")]

DENIED = ("AccessDenied", "AccessDeniedException", "403")


@pytest.fixture(scope="module")
def partner(house: House) -> tuple[str, Credentials, Credentials]:
    """Another account: its id, its root, and a user of it who may do everything."""
    account, root = house.server.new_account("neighbour")
    iam = house.client("iam", root)
    iam.create_user(UserName="pia")
    iam.put_user_policy(UserName="pia", PolicyName="all", PolicyDocument=policy(allow("*")))
    key = iam.create_access_key(UserName="pia")["AccessKey"]
    return account, root, Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def _lets(principal: Any, action: str, resource: str, **condition: Any) -> dict[str, Any]:
    return allow(action, resource, **condition) | {"Principal": principal}


def _user_arn(name: str) -> dict[str, str]:
    return {"AWS": f"arn:aws:iam::{OWNER}:user/{name}"}


def _function(house: House, name: str) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    house.behind("iam").create_role(RoleName=f"{name}-runs", AssumeRolePolicyDocument=policy(trust))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("f.py", "def h(e, c): return 1")
    made = house.behind("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="f.h",
        Role=f"arn:aws:iam::{OWNER}:role/{name}-runs",
        Code={"ZipFile": packed.getvalue()},
    )
    return str(made["FunctionArn"])


def test_a_function_is_read_by_whom_its_policy_names(
    house: House, partner: tuple[str, Credentials, Credentials]
) -> None:
    arn = _function(house, "shared")
    other = _function(house, "unshared")
    root = house.client("lambda")
    root.add_permission(FunctionName="shared", StatementId="partner", Action="lambda:GetFunction", Principal=partner[0])
    pia = house.client("lambda", partner[2])
    assert pia.get_function(FunctionName=arn)["Configuration"]["FunctionName"] == "shared"
    assert code(pia.get_function, FunctionName=other) in DENIED
    assert code(pia.delete_function, FunctionName=arn) in DENIED
    root.remove_permission(FunctionName="shared", StatementId="partner")
    # A write that passed counts at once.
    assert code(pia.get_function, FunctionName=arn) in DENIED


def test_a_table_is_open_to_whom_its_policy_names(house: House, partner: tuple[str, Credentials, Credentials]) -> None:
    root = house.client("dynamodb")
    for name in ("open", "shut"):
        root.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        root.put_item(TableName=name, Item={"id": {"S": "a"}})
    arns = {name: f"arn:aws:dynamodb:us-east-1:{OWNER}:table/{name}" for name in ("open", "shut")}
    try:
        root.put_resource_policy(
            ResourceArn=arns["open"],
            Policy=policy(_lets({"AWS": f"arn:aws:iam::{partner[0]}:root"}, "dynamodb:GetItem", arns["open"])),
        )
    except Exception as e:  # an upstream without table policies has nothing to honour
        pytest.skip(f"this moto has no table policies: {e}")
    pia = house.client("dynamodb", partner[2])
    assert pia.get_item(TableName=arns["open"], Key={"id": {"S": "a"}})["Item"] == {"id": {"S": "a"}}
    assert code(pia.put_item, TableName=arns["open"], Item={"id": {"S": "b"}}) in DENIED
    assert code(pia.get_item, TableName=arns["shut"], Key={"id": {"S": "a"}}) in DENIED
    # A table of that name in the caller's own account is another one, which no upstream has.
    assert code(pia.get_item, TableName="open", Key={"id": {"S": "a"}}) in DENIED


def test_queues_and_topics_reach_into_another_account(
    house: House, partner: tuple[str, Credentials, Credentials]
) -> None:
    sqs, sns = house.client("sqs"), house.client("sns")
    url = sqs.create_queue(QueueName="across")["QueueUrl"]
    topic = sns.create_topic(Name="across")["TopicArn"]
    theirs = {"AWS": partner[0]}
    queue = f"arn:aws:sqs:us-east-1:{OWNER}:across"
    pia = house.client("sqs", partner[2]), house.client("sns", partner[2])
    assert code(pia[0].send_message, QueueUrl=url, MessageBody="x") in DENIED
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(_lets(theirs, "sqs:SendMessage", queue))})
    subject = {"StringEquals": {"aws:PrincipalAccount": partner[0]}}
    sns.set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=policy(_lets("*", "sns:Publish", topic, **subject))
    )
    pia[0].send_message(QueueUrl=url, MessageBody="x")
    assert code(pia[0].purge_queue, QueueUrl=url) in DENIED
    pia[1].publish(TopicArn=topic, Message="x")
    assert code(pia[1].delete_topic, TopicArn=topic) in DENIED
    # Its own account must let her, too.
    iam = house.client("iam", partner[1])
    iam.create_user(UserName="pat")
    key = iam.create_access_key(UserName="pat")["AccessKey"]
    pat = house.client("sqs", Credentials(key["AccessKeyId"], key["SecretAccessKey"]))
    assert code(pat.send_message, QueueUrl=url, MessageBody="x") in DENIED


def test_a_secret_is_denied_by_its_policy_and_shared_by_it(
    house: House, partner: tuple[str, Credentials, Credentials]
) -> None:
    root = house.client("secretsmanager")
    arn = root.create_secret(Name="across/db", SecretString="s")["ARN"]
    pia = house.client("secretsmanager", partner[2])
    may = house.client("secretsmanager", house.user("sid", allow("secretsmanager:*")))
    assert code(pia.get_secret_value, SecretId=arn) in DENIED
    assert may.get_secret_value(SecretId="across/db")["SecretString"] == "s"
    root.put_resource_policy(
        SecretId=arn,
        ResourcePolicy=policy(
            _lets({"AWS": f"arn:aws:iam::{partner[0]}:user/pia"}, "secretsmanager:GetSecretValue", "*"),
            _lets(_user_arn("sid"), "secretsmanager:GetSecretValue", "*") | {"Effect": "Deny"},
        ),
    )
    assert pia.get_secret_value(SecretId=arn)["SecretString"] == "s"
    assert code(pia.describe_secret, SecretId=arn) in DENIED
    assert code(may.get_secret_value, SecretId="across/db") in DENIED
    assert may.describe_secret(SecretId="across/db")["ARN"] == arn


def test_a_bucket_that_restricts_public_policies_is_open_to_its_account_alone(
    house: House, partner: tuple[str, Credentials, Credentials]
) -> None:
    root = house.client("s3")
    root.create_bucket(Bucket="fenced")
    root.put_object(Bucket="fenced", Key="x", Body=b"x")
    root.put_bucket_policy(Bucket="fenced", Policy=policy(_lets("*", "s3:GetObject", "arn:aws:s3:::fenced/*")))
    nobody = boto3.client(
        "s3", endpoint_url=house.server.url, region_name="us-east-1", config=Config(signature_version=UNSIGNED)
    )
    pia, mine = house.client("s3", partner[2]), house.client("s3", house.user("fay2"))
    for who in (nobody, pia, mine):
        assert who.get_object(Bucket="fenced", Key="x")["Body"].read() == b"x"
    block = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy"), False)
    root.put_public_access_block(
        Bucket="fenced", PublicAccessBlockConfiguration=block | {"RestrictPublicBuckets": True}
    )
    assert code(nobody.get_object, Bucket="fenced", Key="x") == "AccessDenied"
    assert code(pia.get_object, Bucket="fenced", Key="x") == "AccessDenied"
    assert mine.get_object(Bucket="fenced", Key="x")["Body"].read() == b"x"


def test_a_bucket_that_blocks_public_policies_takes_none(house: House) -> None:
    root = house.client("s3")
    root.create_bucket(Bucket="blocked")
    block = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "RestrictPublicBuckets"), False)
    root.put_public_access_block(Bucket="blocked", PublicAccessBlockConfiguration=block | {"BlockPublicPolicy": True})
    public = policy(_lets("*", "s3:GetObject", "arn:aws:s3:::blocked/*"))
    assert code(root.put_bucket_policy, Bucket="blocked", Policy=public) == "AccessDenied"
    closed = policy(_lets({"AWS": OWNER}, "s3:GetObject", "arn:aws:s3:::blocked/*"))
    root.put_bucket_policy(Bucket="blocked", Policy=closed)
    assert json.loads(root.get_bucket_policy(Bucket="blocked")["Policy"])


def test_who_is_of_the_owners_account_does_not_reach_resources_of_another(
    house: House, partner: tuple[str, Credentials, Credentials]
) -> None:
    ann = house.user("ann", allow("*"))
    queue = f"{house.server.url}/{partner[0]}/across"
    assert code(house.client("sqs", ann).send_message, QueueUrl=queue, MessageBody="x") in DENIED
    topic = f"arn:aws:sns:us-east-1:{partner[0]}:across"
    assert code(house.client("sns", ann).publish, TopicArn=topic, Message="x") in DENIED
    table = f"arn:aws:dynamodb:us-east-1:{partner[0]}:table/open"
    assert code(house.client("dynamodb", ann).get_item, TableName=table, Key={"id": {"S": "a"}}) in DENIED


def test_objects_have_the_tags_a_policy_asks_for(house: House) -> None:
    root = house.client("s3")
    root.create_bucket(Bucket="tagged")
    for team in ("red", "blue"):
        root.put_object(Bucket="tagged", Key=team, Body=b"x", Tagging=f"team={team}")
    red = {"StringEquals": {"s3:ExistingObjectTag/team": "red"}}
    roy = house.client("s3", house.user("roy", allow("s3:GetObject", "arn:aws:s3:::tagged/*", **red)))
    assert roy.get_object(Bucket="tagged", Key="red")["Body"].read() == b"x"
    assert code(roy.get_object, Bucket="tagged", Key="blue") == "AccessDenied"
    root.put_object_tagging(Bucket="tagged", Key="blue", Tagging={"TagSet": [{"Key": "team", "Value": "red"}]})
    assert roy.get_object(Bucket="tagged", Key="blue")["Body"].read() == b"x"


def test_instances_are_stopped_by_their_tag_and_get_a_profile_whose_role_may_be_passed(house: House) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    for iam in (house.client("iam"), house.behind("iam")):
        for name in ("web", "admin"):
            iam.create_role(RoleName=f"ec2-{name}", AssumeRolePolicyDocument=policy(trust))
            iam.create_instance_profile(InstanceProfileName=f"ec2-{name}")
            iam.add_role_to_instance_profile(InstanceProfileName=f"ec2-{name}", RoleName=f"ec2-{name}")
    behind = house.behind("ec2")
    image = behind.describe_images()["Images"][0]["ImageId"]
    stops = allow("ec2:StopInstances", StringEquals={"aws:ResourceTag/team": "red"})
    runs = [allow("ec2:RunInstances"), allow("iam:PassRole", f"arn:aws:iam::{OWNER}:role/ec2-web")]
    ivy = house.client("ec2", house.user("ivy", *runs, stops))

    def run(profile: str, **more: Any) -> dict[str, Any]:
        return {"ImageId": image, "MinCount": 1, "MaxCount": 1, "IamInstanceProfile": {"Name": profile}} | more

    assert ivy.run_instances(**run("ec2-web"))["Instances"]
    assert code(ivy.run_instances, **run("ec2-admin")) == "UnauthorizedOperation"
    # Tags on creation are a permission of their own, which ivy has not.
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "red"}]}]
    assert code(ivy.run_instances, **run("ec2-web", TagSpecifications=tags)) == "UnauthorizedOperation"
    made = {}
    for team in ("red", "blue"):
        tags = [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": team}]}]
        [instance] = behind.run_instances(ImageId=image, MinCount=1, MaxCount=1, TagSpecifications=tags)["Instances"]
        made[team] = instance["InstanceId"]
    assert ivy.stop_instances(InstanceIds=[made["red"]])["StoppingInstances"]
    assert code(ivy.stop_instances, InstanceIds=[made["blue"]]) == "UnauthorizedOperation"
    assert code(ivy.stop_instances, InstanceIds=[made["red"], made["blue"]]) == "UnauthorizedOperation"


class _Mute(BaseHTTPRequestHandler):
    """An upstream that serves objects, and cannot say what policies its buckets have."""

    def do_GET(self) -> None:
        failing = self.path.partition("?")[2].startswith(("policy", "publicAccessBlock"))
        body = b"<Error><Code>InternalError</Code></Error>" if failing else b"content"
        self.send_response(500 if failing else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Nothing."""


@pytest.fixture
def mute() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Mute)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_policy_that_cannot_be_read_denies_and_the_bound_is_the_operators(
    house: House, mute: str, tmp_path: Path
) -> None:
    upstreams = ("--upstream", f"s3={mute}", "--upstream", f"sqs={house.moto}", "--upstream-ttl", "0.5")
    with Server(tmp_path / "data", *upstreams) as server:
        garrison = House(server, house.moto)
        assert code(garrison.client("s3").get_object, Bucket="b", Key="k") == "AccessDenied"
        assert code(garrison.client("dynamodb").list_tables) not in DENIED  # nobody has it: not built, and not denied
        url = garrison.client("sqs").create_queue(QueueName="bound")["QueueUrl"]
        sue = garrison.client("sqs", garrison.user("sue"))
        behind = garrison.behind("sqs")
        lets = policy(_lets(_user_arn("sue"), "sqs:SendMessage", f"arn:aws:sqs:us-east-1:{OWNER}:bound"))
        assert code(sue.send_message, QueueUrl=url, MessageBody="x") in DENIED
        behind.set_queue_attributes(
            QueueUrl=behind.get_queue_url(QueueName="bound")["QueueUrl"], Attributes={"Policy": lets}
        )
        time.sleep(0.6)
        sue.send_message(QueueUrl=url, MessageBody="x")


def test_a_denial_by_a_buckets_policy_is_explained_by_it(house: House) -> None:
    root = house.client("s3")
    root.create_bucket(Bucket="told")
    denies = _lets("*", "s3:GetObject", "arn:aws:s3:::told/*") | {"Effect": "Deny", "Sid": "NotToday"}
    root.put_bucket_policy(Bucket="told", Policy=policy(denies))
    with pytest.raises(ClientError) as caught:
        root.get_object(Bucket="told", Key="x")
    request = caught.value.response["ResponseMetadata"]["RequestId"]
    time.sleep(0.3)
    told = house.server.command("explain", request).stdout
    assert "DENY_EXPLICIT_RESOURCE" in told
    assert '"NotToday"' in told
    assert "now:" not in told


def test_other_services_resources_have_the_tags_a_deny_asks_for(house: House) -> None:
    root = house.client("glue")
    for name, team in (("mine", "red"), ("theirs", "blue")):
        root.create_crawler(Name=name, Role="r", Targets={"S3Targets": [{"Path": "s3://told"}]}, Tags={"team": team})
    gil = house.user(
        "gil",
        allow("glue:*"),
        allow("glue:DeleteCrawler", StringEquals={"aws:ResourceTag/team": "blue"}) | {"Effect": "Deny"},
    )
    crawlers = house.client("glue", gil)
    crawlers.delete_crawler(Name="mine")
    assert code(crawlers.delete_crawler, Name="theirs") in DENIED
