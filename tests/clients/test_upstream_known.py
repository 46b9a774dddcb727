"""What the sensor knows of buckets and instances is what a real moto_server has."""

from __future__ import annotations

from pathlib import Path

import pytest

from garrison.gateway.settings import Settings
from garrison.sensor.known_upstream import KnownUpstream
from tests.clients.house import OWNER, House, allow, policy
from tests.clients.server import free_port

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("upstream")]


def known(url: str, tmp_path: Path) -> KnownUpstream:
    """One that has asked nothing yet."""
    return KnownUpstream(Settings(data_dir=tmp_path, account_id=OWNER, upstreams=(url,)))


def test_a_bucket_is_public_by_its_policy_or_access_list_unless_that_is_blocked(house: House, tmp_path: Path) -> None:
    s3 = house.behind("s3")
    s3.create_bucket(Bucket="known")
    quiet = known(house.moto, tmp_path)(OWNER, "bucket", "known")
    assert (quiet["publicAccess"]["effectivePermission"], quiet["restrictPublicBuckets"]) == ("NOT_PUBLIC", False)
    s3.put_bucket_acl(Bucket="known", ACL="public-read")
    listed = known(house.moto, tmp_path)(OWNER, "bucket", "known")["publicAccess"]
    assert listed["effectivePermission"] == "PUBLIC"
    level = listed["permissionConfiguration"]["bucketLevelPermissions"]
    assert level["accessControlList"] == {"allowsPublicReadAccess": True, "allowsPublicWriteAccess": False}
    everybody = allow("s3:PutObject", "arn:aws:s3:::known/*") | {"Principal": "*"}
    s3.put_bucket_policy(Bucket="known", Policy=policy(everybody))
    block = {"IgnorePublicAcls": True, "RestrictPublicBuckets": True}
    s3.put_public_access_block(Bucket="known", PublicAccessBlockConfiguration=block)
    blocked = known(house.moto, tmp_path)(OWNER, "bucket", "known")
    assert (blocked["ignorePublicAcls"], blocked["blockPublicPolicy"]) == (True, False)
    assert blocked["publicAccess"]["effectivePermission"] == "NOT_PUBLIC"
    level = blocked["publicAccess"]["permissionConfiguration"]["bucketLevelPermissions"]
    assert level["bucketPolicy"] == {"allowsPublicReadAccess": False, "allowsPublicWriteAccess": True}


def test_an_instance_has_the_details_a_finding_shows(house: House, tmp_path: Path) -> None:
    ec2 = house.behind("ec2")
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "shop"}]}]
    made = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, TagSpecifications=tags)["Instances"][0]
    found = known(house.moto, tmp_path)(OWNER, "instance", made["InstanceId"])
    assert (found["imageId"], found["instanceType"]) == ("ami-12c6146b", made["InstanceType"])
    assert found["tags"] == [{"key": "team", "value": "shop"}]
    assert found["networkInterfaces"][0]["privateIpAddress"] == made["PrivateIpAddress"]
    assert "iamInstanceProfile" not in found


def test_of_what_is_not_there_is_another_accounts_or_cannot_be_asked_nothing_is_known(
    house: House, tmp_path: Path
) -> None:
    ask = known(house.moto, tmp_path)
    assert ask(OWNER, "bucket", "there-is-none") == {}
    assert ask(OWNER, "instance", "i-0123456789abcdef0") == {}
    assert ask(OWNER, "instance", "host.example") == {}
    assert ask("999999999999", "bucket", "known") == {}
    assert ask(OWNER, "user", "known") == {}
    assert known(f"http://127.0.0.1:{free_port()}", tmp_path)(OWNER, "bucket", "known") == {}
