"""Garrison in front of a real moto_server: each service with an allow and a deny."""

from __future__ import annotations

import io
import json
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.clients.house import OWNER, House, allow, code, policy

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("upstream")]


def test_who_may_list_one_bucket_lists_that_and_no_other(house: House) -> None:
    s3 = house.client("s3")
    for bucket in ("reports", "payroll"):
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="2026/may.csv", Body=b"a,b")
    ana = house.client("s3", house.user("ana", allow("s3:ListBucket", "arn:aws:s3:::reports")))
    assert [o["Key"] for o in ana.list_objects_v2(Bucket="reports")["Contents"]] == ["2026/may.csv"]
    assert code(ana.list_objects_v2, Bucket="payroll") == "AccessDenied"
    assert code(ana.get_object, Bucket="reports", Key="2026/may.csv") == "AccessDenied"


def test_objects_are_put_copied_ranged_and_deleted_as_far_as_allowed(house: House) -> None:
    root = house.client("s3")
    root.create_bucket(Bucket="work")
    root.put_object(Bucket="work", Key="in/a b+c.txt", Body=b"0123456789")
    bob = house.client(
        "s3",
        house.user(
            "bob",
            allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], "arn:aws:s3:::work/out/*"),
            allow("s3:GetObject", "arn:aws:s3:::work/in/*"),
        ),
    )
    assert bob.get_object(Bucket="work", Key="in/a b+c.txt", Range="bytes=2-4")["Body"].read() == b"234"
    assert bob.head_object(Bucket="work", Key="in/a b+c.txt")["ContentLength"] == 10
    bob.copy_object(Bucket="work", Key="out/a", CopySource={"Bucket": "work", "Key": "in/a b+c.txt"})
    assert code(bob.copy_object, Bucket="work", Key="in/x", CopySource="work/out/a") == "AccessDenied"
    bob.put_object(Bucket="work", Key="out/b", Body=b"x" * 200_000)
    assert root.get_object(Bucket="work", Key="out/b")["Body"].read() == b"x" * 200_000
    assert code(bob.put_object, Bucket="work", Key="in/b", Body=b"x" * 200_000) == "AccessDenied"
    both = {"Objects": [{"Key": "out/a"}, {"Key": "in/a b+c.txt"}]}
    assert code(bob.delete_objects, Bucket="work", Delete=both) == "AccessDenied"
    assert "Errors" not in bob.delete_objects(Bucket="work", Delete={"Objects": [{"Key": "out/a"}]})
    upload = bob.create_multipart_upload(Bucket="work", Key="out/big")["UploadId"]
    part = bob.upload_part(Bucket="work", Key="out/big", UploadId=upload, PartNumber=1, Body=b"p" * 100_000)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    bob.complete_multipart_upload(Bucket="work", Key="out/big", UploadId=upload, MultipartUpload=parts)
    assert code(bob.create_multipart_upload, Bucket="work", Key="in/big") == "AccessDenied"


def test_a_signed_url_does_what_its_signer_may(house: House) -> None:
    root = house.client("s3")
    root.create_bucket(Bucket="links")
    root.put_object(Bucket="links", Key="open/x", Body=b"hello")
    cleo = house.client("s3", house.user("cleo", allow("s3:GetObject", "arn:aws:s3:::links/open/*")))

    def url(key: str) -> str:
        found: str = cleo.generate_presigned_url("get_object", Params={"Bucket": "links", "Key": key})
        return found

    assert urllib.request.urlopen(url("open/x")).read() == b"hello"
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url("shut/x"))
    assert caught.value.code == 403
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(url("open/x").replace("open/x", "open/y"))


def test_a_bucket_policy_allows_denies_and_reaches_across_accounts(house: House) -> None:
    root = house.client("s3")
    root.create_bucket(Bucket="shared")
    root.put_object(Bucket="shared", Key="pub/x", Body=b"1")
    dan = house.user("dan")
    other, keys = house.server.new_account("partner")
    mine, theirs = house.client("s3", dan), house.client("s3", keys)
    assert code(theirs.get_object, Bucket="shared", Key="pub/x") == "AccessDenied"
    assert code(theirs.list_buckets) == "AccessDenied"
    objects = "arn:aws:s3:::shared/pub/*"
    principals = {"AWS": [f"arn:aws:iam::{OWNER}:user/dan", f"arn:aws:iam::{other}:root"]}
    near = {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}
    far = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    root.put_object(Bucket="shared", Key="far/x", Body=b"1")
    root.put_bucket_policy(
        Bucket="shared",
        Policy=policy(
            {"Effect": "Allow", "Principal": principals, "Action": "s3:GetObject", "Resource": objects}
            | {"Condition": near},
            {
                "Effect": "Allow",
                "Principal": principals,
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::shared/far/*",
            }
            | {"Condition": far},
        ),
    )
    assert mine.get_object(Bucket="shared", Key="pub/x")["Body"].read() == b"1"
    assert theirs.get_object(Bucket="shared", Key="pub/x")["Body"].read() == b"1"
    assert code(mine.get_object, Bucket="shared", Key="far/x") == "AccessDenied"
    # A policy written behind the gateway counts within seconds.
    house.behind("s3").delete_bucket_policy(Bucket="shared")
    time.sleep(5.1)
    assert code(mine.get_object, Bucket="shared", Key="pub/x") == "AccessDenied"


def test_rows_of_a_table_are_for_those_whose_key_they_have(house: House) -> None:
    root = house.client("dynamodb")
    root.create_table(
        TableName="notes",
        KeySchema=[{"AttributeName": "who", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "who", "AttributeType": "S"},
            {"AttributeName": "n", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}}
    eve = house.client(
        "dynamodb", house.user("eve", allow("dynamodb:*Item*", "arn:aws:dynamodb:*:*:table/notes", **own))
    )

    def item(who: str) -> dict[str, Any]:
        return {"who": {"S": who}, "n": {"N": "1"}, "text": {"S": "eve"}}

    def key(who: str) -> dict[str, Any]:
        return {"who": {"S": who}, "n": {"N": "1"}}

    eve.put_item(TableName="notes", Item=item("eve"))
    assert eve.get_item(TableName="notes", Key=key("eve"))["Item"] == item("eve")
    assert code(eve.put_item, TableName="notes", Item=item("sam")) == "AccessDeniedException"
    assert code(eve.get_item, TableName="notes", Key=key("sam")) == "AccessDeniedException"
    eve.batch_get_item(RequestItems={"notes": {"Keys": [key("eve")]}})
    both = {"notes": {"Keys": [key("eve"), key("sam")]}}
    assert code(eve.batch_get_item, RequestItems=both) == "AccessDeniedException"
    eve.transact_write_items(TransactItems=[{"Put": {"TableName": "notes", "Item": item("eve")}}])
    puts = [{"Put": {"TableName": "notes", "Item": item(who)}} for who in ("eve", "sam")]
    assert code(eve.transact_write_items, TransactItems=puts) == "AccessDeniedException"


def test_queues_and_topics_are_open_to_whom_their_policies_name(house: House) -> None:
    sqs, sns = house.client("sqs"), house.client("sns")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    topic = sns.create_topic(Name="news")["TopicArn"]
    fay = house.user("fay")
    hers, heard = house.client("sqs", fay), house.client("sns", fay)
    assert code(hers.send_message, QueueUrl=url, MessageBody="x") in ("AccessDenied", "AccessDeniedException")
    assert code(heard.publish, TopicArn=topic, Message="x") == "AccessDenied"
    who = {"AWS": f"arn:aws:iam::{OWNER}:user/fay"}
    send = {
        "Effect": "Allow",
        "Principal": who,
        "Action": "sqs:SendMessage",
        "Resource": f"arn:aws:sqs:us-east-1:{OWNER}:jobs",
    }
    publish = {"Effect": "Allow", "Principal": who, "Action": "sns:Publish", "Resource": topic}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(send)})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy(publish))
    hers.send_message(QueueUrl=url, MessageBody="x")
    assert code(hers.receive_message, QueueUrl=url) in ("AccessDenied", "AccessDeniedException")
    heard.publish(TopicArn=topic, Message="x")
    assert code(heard.get_topic_attributes, TopicArn=topic) == "AccessDenied"


def test_a_secret_is_read_by_its_tag(house: House) -> None:
    root = house.client("secretsmanager")
    root.create_secret(Name="red/db", SecretString="r", Tags=[{"Key": "team", "Value": "red"}])
    root.create_secret(Name="blue/db", SecretString="b", Tags=[{"Key": "team", "Value": "blue"}])
    red = {"StringEquals": {"aws:ResourceTag/team": "red"}}
    gus = house.client("secretsmanager", house.user("gus", allow("secretsmanager:GetSecretValue", "*", **red)))
    assert gus.get_secret_value(SecretId="red/db")["SecretString"] == "r"
    assert code(gus.get_secret_value, SecretId="blue/db") == "AccessDeniedException"


def test_instances_are_started_with_the_right_tags_and_a_role_that_may_be_passed(house: House) -> None:
    ec2 = house.behind("ec2")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    tagged = {"StringEquals": {"aws:RequestTag/team": "red"}}
    kinds = ("image", "subnet", "network-interface", "security-group", "volume")
    used = [*(f"arn:aws:ec2:*:*:{kind}/*" for kind in kinds), "arn:aws:ec2:*::image/*"]
    hal = house.client(
        "ec2",
        house.user(
            "hal",
            allow("ec2:RunInstances", used),
            allow("ec2:RunInstances", "arn:aws:ec2:*:*:instance/*", **tagged),
            allow("ec2:CreateTags", "arn:aws:ec2:*:*:instance/*", StringEquals={"ec2:CreateAction": "RunInstances"}),
        ),
    )

    def run(team: str) -> dict[str, Any]:
        tags = [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": team}]}]
        return {"ImageId": image, "MinCount": 1, "MaxCount": 1, "TagSpecifications": tags}

    assert hal.run_instances(**run("red"))["Instances"]
    with pytest.raises(ClientError) as caught:
        hal.run_instances(**run("blue"))
    error = caught.value.response["Error"]
    assert error["Code"] == "UnauthorizedOperation"
    encoded = error["Message"].partition("Encoded authorization failure message: ")[2]
    told = house.client("sts").decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"]
    assert json.loads(told)["context"]["action"] == "ec2:RunInstances"


def test_a_function_is_made_by_who_may_pass_its_role(house: House) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    for name in ("runs", "rules"):
        house.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))
        house.behind("iam").create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))
    ida = house.client(
        "lambda",
        house.user("ida", allow("lambda:CreateFunction"), allow("iam:PassRole", f"arn:aws:iam::{OWNER}:role/runs")),
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("f.py", "def h(e, c): return 1")

    def made(role: str) -> dict[str, Any]:
        return {
            "FunctionName": "f", "Runtime": "python3.12", "Handler": "f.h", "Code": {"ZipFile": packed.getvalue()},
            "Role": f"arn:aws:iam::{OWNER}:role/{role}",
        }  # fmt: skip

    assert code(ida.create_function, **made("rules")) == "AccessDeniedException"
    assert ida.create_function(**made("runs"))["FunctionName"] == "f"
    assert code(ida.get_function, FunctionName="f") == "AccessDeniedException"


def test_what_passed_is_in_the_trail(house: House) -> None:
    s3 = house.client("s3")
    s3.create_bucket(Bucket="traced")
    answer = s3.head_bucket(Bucket="traced")
    assert "x-garrison-request-id" in answer["ResponseMetadata"]["HTTPHeaders"]
    time.sleep(0.4)
    events = house.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateBucket"}]
    )["Events"]
    assert any("traced" in event["CloudTrailEvent"] for event in events)


def test_trails_are_the_upstreams_and_the_event_history_is_ours(house: House) -> None:
    ours, theirs = house.client("cloudtrail"), house.behind("cloudtrail")
    house.client("s3").create_bucket(Bucket="trails")
    ours.create_trail(Name="history", S3BucketName="trails")
    ours.start_logging(Name="history")
    assert theirs.get_trail_status(Name="history")["IsLogging"]
    reader = house.client("cloudtrail", house.user("tess", allow("cloudtrail:DescribeTrails")))
    assert [one["Name"] for one in reader.describe_trails()["trailList"]] == ["history"]
    assert code(reader.stop_logging, Name="history") == "AccessDeniedException"
    ours.stop_logging(Name="history")
    assert not theirs.get_trail_status(Name="history")["IsLogging"]
    time.sleep(0.4)
    asked = [{"AttributeKey": "EventName", "AttributeValue": "StopLogging"}]
    told = [json.loads(one["CloudTrailEvent"]) for one in ours.lookup_events(LookupAttributes=asked)["Events"]]
    assert {one.get("errorCode", "") for one in told} == {"", "AccessDenied"}


def test_a_long_body_is_streamed_and_not_kept(house: House, tmp_path: Path) -> None:
    _stream(house, tmp_path, 64)


@pytest.mark.soak
def test_a_gibibyte_is_streamed_and_not_kept(house: House, tmp_path: Path) -> None:
    _stream(house, tmp_path, 1024)


def _stream(house: House, tmp_path: Path, mebibytes: int) -> None:
    s3 = house.client("s3")
    s3.create_bucket(Bucket=f"big{mebibytes}")
    path = tmp_path / "big"
    with path.open("wb") as file:
        for n in range(mebibytes):
            file.write(bytes([n % 251]) * (1024 * 1024))
    assert house.server.process is not None
    before = _resident(house.server.process.pid)
    with path.open("rb") as file:
        s3.put_object(Bucket=f"big{mebibytes}", Key="x", Body=file)
    size = 0
    body = s3.get_object(Bucket=f"big{mebibytes}", Key="x")["Body"]
    while part := body.read(1024 * 1024):
        size += len(part)
    assert size == mebibytes * 1024 * 1024
    assert _peak(house.server.process.pid) - before < 30 * 1024
    s3.delete_object(Bucket=f"big{mebibytes}", Key="x")


def _resident(pid: int) -> int:
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return _status(pid, "VmRSS")


def _peak(pid: int) -> int:
    return _status(pid, "VmHWM")


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))
