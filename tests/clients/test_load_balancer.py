"""Load balancers with boto3 and curl, in front of real applications."""

from __future__ import annotations

import collections
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest

from tests.clients.server import Server
from tests.edge.application import Application
from tests.edge.clients import ACM, SUBNETS, Balancer, client, curl, edge_ports, fixed, forward, until, until_answer

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("load_balancer")]


@pytest.fixture(scope="module", params=["envoy", "embedded"])
def plane(request: pytest.FixtureRequest) -> str:
    """What serves the listeners."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def garrison(tmp_path_factory: pytest.TempPathFactory, plane: str) -> Iterator[Server]:
    data: Path = tmp_path_factory.mktemp("edge") / "data"
    instances = ("--instance", "i-0123456789abcdef0=127.0.0.1")
    with Server(data, "--edge", plane, "--edge-ports", edge_ports(), *instances) as running:
        yield running


@pytest.fixture(scope="module")
def blue() -> Iterator[Application]:
    with Application("blue") as application:
        yield application


@pytest.fixture(scope="module")
def green() -> Iterator[Application]:
    with Application("green") as application:
        yield application


@pytest.fixture(scope="module")
def web(garrison: Server) -> Balancer:
    return Balancer(garrison, "web")


def refused(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_requests_reach_the_application_as_the_client_sent_them(web: Balancer, blue: Application) -> None:
    _, url = web.listen(80, forward(web.group("plain", blue.port)))
    until(lambda: curl(url).status == 200)
    answer = curl(
        f"{url}/a/../b//c%2fd?x=1;y&z",
        "-H", "X-Forwarded-For: 203.0.113.9", "-H", "X-Garrison-Site: mine", "-H", "X-Envoy-Retry-On: 5xx",
        "--data-binary", "@-",
        data=b"q" * 70_000,
    )  # fmt: skip
    told, seen = answer.told, answer.seen
    assert (told["method"], told["target"], told["length"]) == ("POST", "/a/../b//c%2fd?x=1;y&z", 70_000)
    assert seen["x-forwarded-for"].replace(" ", "") == "203.0.113.9,127.0.0.1"
    assert seen["x-forwarded-proto"] == "http"
    assert seen["x-forwarded-port"] == "80"
    assert "x-envoy-external-address" not in seen
    attributes = [{"Key": "routing.http.xff_header_processing.mode", "Value": "remove"}]
    web.elb.modify_load_balancer_attributes(LoadBalancerArn=web.arn, Attributes=attributes)
    until(lambda: "x-forwarded-for" not in curl(url, "-H", "X-Forwarded-For: 203.0.113.9").seen)


def test_rules_go_by_priority_host_path_header_query_method_and_source(
    web: Balancer, blue: Application, green: Application
) -> None:
    other = web.group("other", green.port)
    listener, url = web.listen(8001, fixed(404, "default"))

    def when(field: str, config: str, **values: Any) -> dict[str, Any]:
        return {"Field": field, config: values}

    host = when("host-header", "HostHeaderConfig", Values=["*.Example.com"])
    path = when("path-pattern", "PathPatternConfig", Values=["/img/*", "/?.txt"])
    header = when("http-header", "HttpHeaderConfig", HttpHeaderName="X-Kind", Values=["A*z", "exact"])
    query = when("query-string", "QueryStringConfig", Values=[{"Key": "v", "Value": "2*"}, {"Value": "flag"}])
    method = when("http-request-method", "HttpRequestMethodConfig", Values=["DELETE"])
    source = when("source-ip", "SourceIpConfig", Values=["127.0.0.0/8"])
    elsewhere = when("source-ip", "SourceIpConfig", Values=["192.0.2.0/24", "2001:db8::/32"])
    web.rule(listener, 50, [elsewhere], fixed(403, "elsewhere"))
    web.rule(listener, 30, [host, path], fixed(200, "host and path"))
    web.rule(listener, 20, [header], fixed(200, "header"))
    web.rule(listener, 10, [query], fixed(200, "query"))
    web.rule(listener, 5, [method, source], forward(other))
    until(lambda: curl(url).body == "default")
    until(lambda: curl(url, "-X", "DELETE").told["application"] == "green")
    named = ("-H", "Host: www.example.COM:8001")
    assert curl(url + "/img/a?b", *named).body == "host and path"
    assert curl(url + "/x.txt", *named).body == "host and path"
    assert curl(url + "/xx.txt?/img/", *named).body == "default"
    assert curl(url + "/img/a").body == "default"
    assert curl(url, "-H", "x-kind: abcZ").body == "header"
    assert curl(url, "-H", "x-kind: exactly").body == "default"
    assert curl(url + "/?a=1&V=21").body == "query"
    assert curl(url + "/?flag").body == "query"
    assert curl(url + "/?vv=2").body == "default"
    rules = web.elb.describe_rules(ListenerArn=listener)["Rules"]
    assert [rule["Priority"] for rule in rules] == ["5", "10", "20", "30", "50", "default"]
    first, second = rules[1]["RuleArn"], rules[2]["RuleArn"]
    web.elb.set_rule_priorities(
        RulePriorities=[{"RuleArn": first, "Priority": 20}, {"RuleArn": second, "Priority": 10}]
    )
    until(lambda: curl(url + "/?v=2", "-H", "x-kind: exact").body == "header")
    assert (
        refused(web.elb.set_rule_priorities, RulePriorities=[{"RuleArn": first, "Priority": 30}])[0] == "PriorityInUse"
    )


def test_redirects_lead_to_where_the_other_listener_is_on_this_machine(
    garrison: Server, plane: str, web: Balancer, blue: Application
) -> None:
    tls, secure = web.listen(
        443, forward(web.group("secure", blue.port)), Protocol="HTTPS", Certificates=[{"CertificateArn": ACM}]
    )
    to = {
        "Protocol": "HTTPS",
        "Port": "443",
        "Path": "/v2/#{path}",
        "Query": "from=#{host}&#{query}",
        "StatusCode": "HTTP_301",
    }
    _, url = web.listen(8002, {"Type": "redirect", "RedirectConfig": to})
    answer = until_answer(lambda found: found.status == 301, url + "/a/b?x=1")
    port = secure.rpartition(":")[2]
    assert answer.headers["location"] == f"https://127.0.0.1:{port}/v2/a/b?from=127.0.0.1&x=1"
    authority = str(garrison.data / "tls" / "ca.pem")
    answer = until_answer(lambda found: found.status == 200, answer.headers["location"], "--cacert", authority)
    assert answer.seen["x-forwarded-proto"] == "https"
    if plane == "envoy":
        assert curl(secure, "--cacert", authority, "--http2").headers["http"] == "2"
    assert curl(secure, "--cacert", authority, "--tls-max", "1.1").status == 0
    held = web.elb.describe_listeners(ListenerArns=[tls])["Listeners"][0]
    assert held["SslPolicy"] == "ELBSecurityPolicy-2016-08"


def test_weights_and_stickiness_decide_which_application_answers(
    web: Balancer, blue: Application, green: Application
) -> None:
    one, two = web.group("weighted-blue", blue.port), web.group("weighted-green", green.port)
    listener, url = web.listen(8003, forward((one, 9), (two, 1)))
    until(lambda: curl(url).status == 200)
    answered = collections.Counter([curl(url).told["application"] for _ in range(60)])
    assert answered["blue"] > answered["green"] > 0
    both = web.group("both", blue.port, green.port)
    web.elb.modify_target_group_attributes(
        TargetGroupArn=both, Attributes=[{"Key": "stickiness.enabled", "Value": "true"}]
    )
    web.elb.modify_listener(ListenerArn=listener, DefaultActions=[forward(both)])
    answer = until_answer(lambda found: "set-cookie" in found.headers, url)
    cookie = answer.headers["set-cookie"].partition(";")[0]
    assert cookie.startswith("AWSALB=")
    same = {curl(url, "-H", f"Cookie: {cookie}").told["application"] for _ in range(8)}
    assert same == {answer.told["application"]}


def test_targets_that_fail_their_checks_get_no_requests_until_none_is_left(
    web: Balancer, blue: Application, green: Application
) -> None:
    group = web.group(
        "checked", blue.port, green.port, HealthCheckPath="/health", HealthCheckIntervalSeconds=5,
        HealthCheckTimeoutSeconds=2, HealthyThresholdCount=2, UnhealthyThresholdCount=2,
    )  # fmt: skip
    assert {one["Reason"] for one in web.health(group).values()} == {"Target.NotInUse"}
    _, url = web.listen(8004, forward(group))
    until(lambda: {one["State"] for one in web.health(group).values()} == {"healthy"})
    blue.health = 500
    try:
        until(lambda: web.health(group)[blue.port]["State"] == "unhealthy", seconds=30)
        assert web.health(group)[blue.port]["Reason"] == "Target.ResponseCodeMismatch"
        assert web.health(group)[blue.port]["Description"] == "Health checks failed with these codes: [500]"
        until(lambda: {curl(url).told["application"] for _ in range(6)} == {"green"})
    finally:
        blue.health = 200
    web.elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": "127.0.0.1", "Port": green.port}])
    until(lambda: curl(url).told["application"] == "blue")


def test_an_instance_is_where_the_operator_says(web: Balancer, blue: Application) -> None:
    group = web.group("instances", TargetType="instance", Port=blue.port)
    web.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "i-0123456789abcdef0"}])
    _, url = web.listen(8005, forward(group))
    assert until(lambda: curl(url).told["application"]) == "blue"


def test_an_application_that_is_not_there_is_a_bad_gateway_and_an_empty_group_no_service(web: Balancer) -> None:
    gone = Application("gone")
    port = gone.port
    gone.server_close()
    _, url = web.listen(8006, forward(web.group("gone", port)))
    assert until(lambda: curl(url).status) == 502
    _, url = web.listen(8007, forward(web.group("empty")))
    assert until(lambda: curl(url).status) == 503


def test_bad_requests_get_the_services_own_errors(garrison: Server, web: Balancer) -> None:
    elb = client(garrison, "elbv2")
    assert refused(elb.create_load_balancer, Name="x" * 33, Subnets=SUBNETS) == (
        "ValidationError",
        f"Load balancer name '{'x' * 33}' cannot be longer than '32' characters",
    )
    assert refused(elb.create_load_balancer, Name="one", Subnets=SUBNETS[:1])[0] == "ValidationError"
    assert refused(elb.create_load_balancer, Name="net", Subnets=SUBNETS, Type="network")[0] == "OperationNotPermitted"
    assert (
        refused(elb.create_load_balancer, Name="web", Subnets=SUBNETS, Scheme="internal")[0]
        == "DuplicateLoadBalancerName"
    )
    assert elb.create_load_balancer(Name="web", Subnets=SUBNETS)["LoadBalancers"][0]["LoadBalancerArn"] == web.arn
    assert refused(elb.describe_load_balancers, Names=["nobody"])[0] == "LoadBalancerNotFound"
    assert refused(elb.describe_listeners, ListenerArns=["arn:aws:x"])[0] == "ValidationError"
    group = web.group("errors")
    assert refused(elb.register_targets, TargetGroupArn=group, Targets=[{"Id": "8.8.8.8"}])[0] == "InvalidTarget"
    listener, _ = web.listen(8008, forward(group))
    assert refused(elb.delete_target_group, TargetGroupArn=group)[0] == "ResourceInUse"
    again = {"LoadBalancerArn": web.arn, "Protocol": "HTTP", "Port": 8008, "DefaultActions": [fixed(200)]}
    assert refused(elb.create_listener, **again)[0] == "DuplicateListener"
    assert refused(elb.create_listener, **{**again, "Port": 8009, "Protocol": "HTTPS"})[0] == "ValidationError"
    certificates = [{"CertificateArn": "arn:aws:iam::123456789012:server-certificate/none"}]
    wanted = {**again, "Port": 8009, "Protocol": "HTTPS", "Certificates": certificates}
    assert refused(elb.create_listener, **wanted)[0] == "CertificateNotFound"
    other = Balancer(garrison, "other")
    wanted = {**again, "LoadBalancerArn": other.arn, "DefaultActions": [forward(group)]}
    assert refused(elb.create_listener, **wanted)[0] == "TargetGroupAssociationLimit"
    grpc = {"Protocol": "HTTP", "Port": 80, "VpcId": "vpc-12345678", "ProtocolVersion": "GRPC"}
    assert refused(elb.create_target_group, Name="grpc", **grpc)[0] == "InvalidConfigurationRequest"
    attributes = [{"Key": "access_logs.s3.enabled", "Value": "true"}, {"Key": "access_logs.s3.bucket", "Value": "b"}]
    assert refused(elb.modify_load_balancer_attributes, LoadBalancerArn=other.arn, Attributes=attributes) == (
        "InvalidConfigurationRequest",
        "Access Denied for bucket: b. Please check S3bucket permission",
    )
    protected = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    elb.modify_load_balancer_attributes(LoadBalancerArn=other.arn, Attributes=protected)
    assert refused(elb.delete_load_balancer, LoadBalancerArn=other.arn)[0] == "OperationNotPermitted"
    elb.add_tags(ResourceArns=[other.arn, listener, group], Tags=[{"Key": "team", "Value": "blue"}])
    tags = elb.describe_tags(ResourceArns=[group])["TagDescriptions"][0]["Tags"]
    assert tags == [{"Key": "team", "Value": "blue"}]


def test_listeners_are_back_on_their_ports_after_a_restart_and_gone_after_down(
    tmp_path: Path, plane: str, blue: Application
) -> None:
    with Server(tmp_path / "data", "--edge", plane, "--edge-ports", edge_ports()) as server:
        web = Balancer(server, "web")
        _, url = web.listen(80, forward(web.group("app", blue.port)))
        until(lambda: curl(url).status == 200)
        assert url in server.command("status").stdout
        server.stop()
        assert curl(url).status == 0
        with socket.create_server(("127.0.0.1", int(url.rpartition(":")[2]))):
            server.start()
            until(
                lambda: (
                    "has another program it" in server.command("status").stdout
                    or "in use" in server.command("status").stdout
                )
            )
            assert server.command("doctor", check=False).returncode == 1
        until(lambda: curl(url).status == 200)
        web.elb.delete_load_balancer(LoadBalancerArn=web.arn)
        until(lambda: curl(url).status == 0)
