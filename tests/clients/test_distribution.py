"""Distributions with boto3 and curl, in front of a real application."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest

from tests.clients.server import Server
from tests.edge.application import Application
from tests.edge.clients import client, curl, edge_ports, until, until_answer
from tests.edge.load import Load
from tests.edge.protected import address, config
from tests.edge.waf import WebAcl, match, rule

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("distribution")]


@pytest.fixture(scope="module", params=["envoy", "embedded"])
def plane(request: pytest.FixtureRequest) -> str:
    """What serves the listeners."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def garrison(tmp_path_factory: pytest.TempPathFactory, plane: str) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("edge") / "data"
    with Server(data, "--edge", plane, "--edge-ports", edge_ports()) as running:
        yield running


@pytest.fixture(scope="module")
def application() -> Iterator[Application]:
    with Application("origin") as running:
        yield running


def behaviour(pattern: str, **changes: Any) -> dict[str, Any]:
    """A cache behaviour that sends everything on."""
    return {
        "PathPattern": pattern,
        "TargetOriginId": "app",
        "ViewerProtocolPolicy": "allow-all",
        "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        "OriginRequestPolicyId": "216adef6-5c7f-47e4-b989-5492eafa07d3",
    } | changes


def refused(call: Any, **params: Any) -> str:
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**params)
    code: str = caught.value.response["Error"]["Code"]
    return code


def test_a_distribution_sends_its_origin_what_its_behaviours_say(garrison: Server, application: Application) -> None:
    cloudfront = client(garrison, "cloudfront")
    everything = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
    wanted = config(application.port, DefaultRootObject="index.html")
    wanted["Origins"]["Items"][0] |= {
        "OriginPath": "/v1",
        "CustomHeaders": {"Quantity": 1, "Items": [{"HeaderName": "x-secret", "HeaderValue": "100%"}]},
    }
    behaviours = [
        behaviour("api/*", AllowedMethods={"Quantity": 7, "Items": everything}),
        behaviour("/secure/*", ViewerProtocolPolicy="redirect-to-https"),
    ]
    wanted["CacheBehaviors"] = {"Quantity": 2, "Items": behaviours}
    made = cloudfront.create_distribution(DistributionConfig=wanted)["Distribution"]
    assert made["DistributionConfig"]["PriceClass"] == "PriceClass_All"
    url = address(cloudfront, made["ARN"])
    answer = until_answer(lambda found: found.status == 200, url + "/a/b?x=1", "-H", "Cookie: k=v")
    assert answer.told["target"] == "/v1/a/b"
    assert answer.headers["x-cache"] == "Miss from cloudfront"
    seen = answer.seen
    assert seen["host"] == f"localhost:{application.port}" or seen["host"] == "localhost"
    assert (seen["user-agent"], seen["x-secret"]) == ("Amazon CloudFront", "100%")
    assert "cookie" not in seen
    assert curl(url + "/?x=1").told["target"] == "/v1/index.html"
    answer = curl(url + "/api/q?x=1&y", "-X", "PUT", "-H", "Cookie: k=v", "-H", "Host: www.example.com", "-d", "b")
    assert (answer.told["target"], answer.told["method"], answer.told["body"]) == ("/v1/api/q?x=1&y", "PUT", "b")
    assert (answer.seen["cookie"], answer.seen["host"]) == ("k=v", "www.example.com")
    assert answer.seen["user-agent"].startswith("curl/")
    assert curl(url + "/a", "-X", "POST", "-d", "b").status == 403
    answer = curl(url + "/secure/a?x=1")
    secure = address(cloudfront, made["ARN"], "https")
    assert (answer.status, answer.headers["location"]) == (301, f"{secure}/secure/a?x=1")
    authority = str(garrison.data / "tls" / "ca.pem")
    until_answer(lambda found: found.status == 200, answer.headers["location"], "--cacert", authority)
    cloudfront.get_waiter("distribution_deployed").wait(Id=made["Id"], WaiterConfig={"Delay": 1})


def test_errors_of_the_origin_are_shown_as_the_distribution_says(garrison: Server, application: Application) -> None:
    cloudfront = client(garrison, "cloudfront")
    pages = [
        {"ErrorCode": 404, "ResponsePagePath": "/sorry", "ResponseCode": "200", "ErrorCachingMinTTL": 1},
        {"ErrorCode": 403, "ErrorCachingMinTTL": 1},
    ]
    wanted = config(application.port, CustomErrorResponses={"Quantity": 2, "Items": pages})
    made = cloudfront.create_distribution(DistributionConfig=wanted)["Distribution"]
    url = address(cloudfront, made["ARN"])
    until(lambda: curl(url).status == 200)
    answer = curl(url + "/status/404")
    assert (answer.status, answer.told["target"]) == (200, "/sorry")
    assert curl(url + "/status/403").status == 403
    assert curl(url + "/status/500").status == 500


def test_the_web_acl_it_names_judges_and_another_takes_its_place_under_load(
    garrison: Server, application: Application
) -> None:
    cloudfront = client(garrison, "cloudfront")
    one = WebAcl(garrison, "one", rule("evil", 1, match({"UriPath": {}}, "evil")), scope="CLOUDFRONT")
    two = WebAcl(garrison, "two", rule("evil", 1, match({"UriPath": {}}, "evil")), scope="CLOUDFRONT")
    made = cloudfront.create_distribution(DistributionConfig=config(application.port, WebACLId=one.arn))["Distribution"]
    url, id = address(cloudfront, made["ARN"]), made["Id"]
    until_answer(lambda answer: answer.status == 403, url + "/evil", seconds=40)
    # Twice as much of a body is inspected as behind a load balancer.
    body = match({"Body": {"OversizeHandling": "CONTINUE"}}, "attack")
    two.update(rule("evil", 1, match({"UriPath": {}}, "evil")), rule("body", 2, body))
    with Load(url, 4) as fine, Load(url, 4, "/evil") as evil:
        for number in range(20):
            cloudfront.associate_distribution_web_acl(Id=id, WebACLArn=(two, one)[number % 2].arn)
        cloudfront.associate_distribution_web_acl(Id=id, WebACLArn=two.arn)
        until(lambda: len(evil.seen) > 20)
    assert list(fine.told()) == [200]
    assert list(evil.told()) == [403]
    assert two.arn == cloudfront.get_distribution(Id=id)["Distribution"]["DistributionConfig"]["WebACLId"]
    listed = cloudfront.list_distributions_by_web_acl_id(WebACLId=two.arn)["DistributionList"]
    assert [one["Id"] for one in listed["Items"]] == [id]
    cloudfront.disassociate_distribution_web_acl(Id=id)
    until_answer(lambda answer: answer.status == 200, url + "/evil")


def test_what_is_changed_needs_the_etag_and_what_is_deleted_has_been_disabled(
    garrison: Server, application: Application
) -> None:
    cloudfront = client(garrison, "cloudfront")
    tags = {"Items": [{"Key": "team", "Value": "blue"}]}
    wanted = config(application.port)
    whole = {"DistributionConfig": wanted, "Tags": tags}
    made = cloudfront.create_distribution_with_tags(DistributionConfigWithTags=whole)
    id, arn = made["Distribution"]["Id"], made["Distribution"]["ARN"]
    url = address(cloudfront, arn)
    until(lambda: curl(url).status == 200)
    assert refused(cloudfront.create_distribution, DistributionConfig=wanted) == "DistributionAlreadyExists"
    got = cloudfront.get_distribution_config(Id=id)
    assert got["ETag"] == made["ETag"]
    new = copy.deepcopy(got["DistributionConfig"])
    new["Enabled"] = False
    assert refused(cloudfront.update_distribution, Id=id, DistributionConfig=new) == "InvalidIfMatchVersion"
    assert refused(cloudfront.update_distribution, Id=id, DistributionConfig=new, IfMatch="E1") == "PreconditionFailed"
    assert refused(cloudfront.delete_distribution, Id=id, IfMatch=got["ETag"]) == "DistributionNotDisabled"
    updated = cloudfront.update_distribution(Id=id, DistributionConfig=new, IfMatch=got["ETag"])
    until(lambda: curl(url).status == 0)
    listed = cloudfront.list_distributions()["DistributionList"]
    assert id in [one["Id"] for one in listed["Items"]]
    cloudfront.delete_distribution(Id=id, IfMatch=updated["ETag"])
    assert refused(cloudfront.get_distribution, Id=id) == "NoSuchDistribution"


def test_invalidations_are_recorded_and_complete(garrison: Server, application: Application) -> None:
    cloudfront = client(garrison, "cloudfront")
    id = cloudfront.create_distribution(DistributionConfig=config(application.port))["Distribution"]["Id"]
    batch = {"CallerReference": "one", "Paths": {"Quantity": 1, "Items": ["/a/*"]}}
    made = cloudfront.create_invalidation(DistributionId=id, InvalidationBatch=batch)["Invalidation"]
    again = cloudfront.create_invalidation(DistributionId=id, InvalidationBatch=batch)["Invalidation"]
    assert made["Id"] == again["Id"]
    got = cloudfront.get_invalidation(DistributionId=id, Id=made["Id"])["Invalidation"]
    assert (got["Status"], got["InvalidationBatch"]["Paths"]["Items"]) == ("Completed", ["/a/*"])
    listed = cloudfront.list_invalidations(DistributionId=id)["InvalidationList"]
    assert [one["Id"] for one in listed["Items"]] == [made["Id"]]
    assert refused(cloudfront.get_invalidation, DistributionId=id, Id="I0") == "NoSuchInvalidation"


def test_what_is_not_built_or_not_valid_is_refused(garrison: Server, application: Application) -> None:
    cloudfront = client(garrison, "cloudfront")

    def code(**changes: Any) -> str:
        return refused(cloudfront.create_distribution, DistributionConfig=config(application.port, **changes))

    assert code(Aliases={"Quantity": 1, "Items": ["www.example.com"]}) == "InvalidViewerCertificate"
    assert code(Aliases={"Quantity": 2, "Items": ["www.example.com"]}) == "InconsistentQuantities"
    assert code(WebACLId="arn:aws:wafv2:us-east-1:123456789012:global/webacl/none/none") == "InvalidWebACLId"
    assert code(DefaultRootObject="/index.html") == "InvalidDefaultRootObject"
    assert code(Staging=True) == "InvalidArgument"
    geo = {"GeoRestriction": {"RestrictionType": "whitelist", "Quantity": 1, "Items": ["Narnia"]}}
    assert code(Restrictions=geo) == "InvalidLocationCode"
    default = {"TargetOriginId": "other", "ViewerProtocolPolicy": "allow-all"}
    assert code(DefaultCacheBehavior=default) == "NoSuchOrigin"
    s3 = {"Id": "app", "DomainName": "b.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
    assert code(Origins={"Quantity": 1, "Items": [s3]}) == "InvalidArgument"
    assert refused(cloudfront.list_functions) == "NotImplemented"


def test_a_distribution_is_found_on_its_ports_after_a_restart(
    tmp_path: Path, plane: str, application: Application
) -> None:
    with Server(tmp_path / "data", "--edge", plane, "--edge-ports", edge_ports()) as server:
        cloudfront = client(server, "cloudfront")
        made = cloudfront.create_distribution(DistributionConfig=config(application.port))["Distribution"]
        url = address(cloudfront, made["ARN"])
        until(lambda: curl(url).status == 200)
        server.stop()
        server.start()
        until(lambda: curl(url).status == 200)
