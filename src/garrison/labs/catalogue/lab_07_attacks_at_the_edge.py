"""Lab 7: a web ACL in front of a shop."""

from __future__ import annotations

import random
import secrets
import time
from urllib.parse import quote

from garrison.labs.bench import Bench
from garrison.labs.lab import Lab, Unmet
from garrison.labs.web import BLOCKED, Client, close_shop, open_shop, web_acl

LAB = Lab(
    7,
    "attacks-at-the-edge",
    "Stop injections at the edge",
    goal="A shop stands behind the load balancer {load_balancer}, and answers at {url} whatever is asked, from "
    "whomever. In the end injections do not reach it, its customers notice nothing, its administration is for the "
    "office alone, and what was blocked can be looked at.",
    teaches=("web ACLs", "AWS managed rule groups", "IP sets", "forwarded IP addresses", "sampled requests"),
    minutes=40,
    needs=("waf",),
)
_GUIDE = "https://docs.aws.amazon.com/waf/latest/developerguide/"
OFFICE = "198.51.100.0/24"
_SQL = (
    "' OR {n}={n}--",
    "{n}' UNION SELECT name, card FROM customers--",
    "1; EXEC xp_cmdshell('dir {n}')--",
    "' OR 'a{n}'='a{n}",
    "admin'/*{n}*/OR/**/1=1--",
    "1' AND SLEEP({n})--",
    "') UNION ALL SELECT NULL,{n},NULL--",
    "1 AND (SELECT COUNT(*) FROM users) > {n}",
)
_SCRIPT = (
    "<script>alert({n})</script>",
    "<img src=x onerror=alert({n})>",
    "<svg onload=alert({n})>",
    '"><script src=//evil{n}.example/x.js></script>',
    "javascript:alert({n})",
    "<body onload=alert({n})>",
)
_SOON = "(A change of a web ACL is in force some seconds after it was made.)"
_CUSTOMERS = (
    "/", "/search?q=green+tea", "/search?q=select+a+tea", "/search?q=union+square", "/search?q=1+or+2+cups",
    "/search?q=tea+%26+scones", "/basket?item=12&count=3", "/about?lang=en-GB", "/search?q=drop+shipping",
)  # fmt: skip


@LAB.prepare
def prepare(bench: Bench) -> None:
    bench.make_account()
    bench.make_learner()
    open_shop(bench)


@LAB.clean
def clean(bench: Bench) -> None:
    close_shop(bench)


def _stopped(bench: Bench, attacks: tuple[str, ...], otherwise: str) -> None:
    """Attacks of a kind are blocked, in a query and in a form, and customers are not."""
    web_acl(bench)
    client = Client(bench.fact("url"))
    for attack in random.sample(attacks, 5):
        text = attack.replace("{n}", str(secrets.randbelow(90) + 10))
        for path, body in ((f"/search?q={quote(text)}", None), ("/search", f"q={quote(text)}")):
            status = client.ask(path, body=body)
            if status != BLOCKED:
                how = "in a form" if body else "in a query"
                raise Unmet(f"{otherwise}: {text} {how} was answered with {status}. {_SOON}")
    for path in _CUSTOMERS:
        status = client.ask(path)
        if status != 200:
            raise Unmet(f"Customers must not notice: GET {path} was answered with {status}")


@LAB.step(
    "injection",
    "SQL injections are blocked, and customers are not",
    task="Put a web ACL in front of the load balancer that stops SQL injections in queries and forms.",
    hints=(
        "A web ACL has rules, each with a statement and an action, and is associated with what it protects. AWS keeps "
        "managed rule groups against what is common.",
        "A rule with a ManagedRuleGroupStatement AWS / AWSManagedRulesSQLiRuleSet and OverrideAction None; default "
        "action Allow.",
        "aws wafv2 create-web-acl --name shop --scope REGIONAL --default-action Allow={} --visibility-config "
        "SampledRequestsEnabled=true,CloudWatchMetricsEnabled=false,MetricName=shop --rules "
        '\'[{"Name":"sql","Priority":1,"Statement":{"ManagedRuleGroupStatement":{"VendorName":"AWS","Name":'
        '"AWSManagedRulesSQLiRuleSet"}},"OverrideAction":{"None":{}},"VisibilityConfig":{"SampledRequestsEnabled":true,'
        '"CloudWatchMetricsEnabled":false,"MetricName":"sql"}}]\', then aws wafv2 associate-web-acl --web-acl-arn ... '
        "--resource-arn {load_balancer}",
    ),
    term=("SQL database managed rule group", _GUIDE + "aws-managed-rule-groups-use-case.html"),
)
def injection(bench: Bench) -> None:
    _stopped(bench, _SQL, "A SQL injection reaches the shop")


@LAB.step(
    "scripting",
    "Cross-site scripting is blocked, and customers are not",
    task="The web ACL stops scripts in queries and forms, too.",
    hints=(
        "The core rule set has what every application needs.",
        "A second rule, of the group AWSManagedRulesCommonRuleSet.",
        "aws wafv2 update-web-acl with one rule more, and the lock token that get-web-acl gives",
    ),
    term=("Core rule set", _GUIDE + "aws-managed-rule-groups-baseline.html"),
)
def scripting(bench: Bench) -> None:
    _stopped(bench, _SCRIPT, "A script reaches the shop, and its customers' browsers next")


@LAB.step(
    "office",
    "/admin is for the office alone",
    task="Paths that begin with /admin are for 198.51.100.0/24. Clients come through a proxy, which tells their "
    "address in X-Forwarded-For.",
    hints=(
        "An address in a header is compared by an IP set with an IPSetForwardedIPConfig. What is meant is: /admin, and "
        "not from the office.",
        "AndStatement of a ByteMatchStatement (UriPath, STARTS_WITH, /admin) and a NotStatement of an "
        "IPSetReferenceStatement with IPSetForwardedIPConfig {HeaderName: X-Forwarded-For, FallbackBehavior: NO_MATCH, "
        "Position: FIRST}; action Block.",
        "aws wafv2 create-ip-set --name office --scope REGIONAL --ip-address-version IPV4 --addresses 198.51.100.0/24, "
        "then a rule with its ARN",
    ),
    term=("Using forwarded IP addresses", _GUIDE + "waf-rule-statement-forwarded-ip-address.html"),
)
def office(bench: Bench) -> None:
    web_acl(bench)
    url = bench.fact("url")
    for path in ("/admin", f"/admin/{secrets.token_hex(4)}"):
        status = Client(url).ask(path)
        if status != BLOCKED:
            raise Unmet(f"Anybody gets to {path}: somebody from outside the office was answered with {status}")
        status = Client(url, f"198.51.100.{secrets.randbelow(254) + 1}").ask(path)
        if status != 200:
            raise Unmet(f"The office ({OFFICE}) must get to {path}: it was answered with {status}")
    if Client(url).ask("/administrivia-of-tea?page=1") not in (200, BLOCKED) or Client(url).ask("/") != 200:
        raise Unmet("Customers must go on getting at everything but /admin")


@LAB.step(
    "sampled",
    "What was blocked can be looked at",
    task="A request that was blocked shows up among the samples of the rule that blocked it.",
    hints=(
        "Every rule says in its VisibilityConfig whether what it matches is sampled.",
        "SampledRequestsEnabled of the rules that block.",
        "aws wafv2 update-web-acl, every rule with SampledRequestsEnabled true; then aws wafv2 get-sampled-requests",
    ),
    term=("Viewing sampled requests", _GUIDE + "web-acl-testing-view-sample.html"),
)
def sampled(bench: Bench) -> None:
    acl = web_acl(bench)
    metrics = [
        rule["VisibilityConfig"]["MetricName"]
        for rule in acl["Rules"]
        if rule["VisibilityConfig"]["SampledRequestsEnabled"]
    ]
    nobody = "Nobody can see what is blocked, nor whether it was a customer"
    if not metrics:
        raise Unmet(f"{nobody}: no rule of the web ACL samples requests.")
    mark = secrets.token_hex(6)
    path = f"/search?q={quote(_SQL[0].replace('{n}', '1'))}&mark={mark}"
    began = int(time.time())
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if Client(bench.fact("url")).ask(path) != BLOCKED:
            raise Unmet("Nothing blocked an injection, so there is nothing to look at.")
        for metric in metrics:
            asked = {
                "WebAclArn": acl["ARN"],
                "RuleMetricName": metric,
                "Scope": "REGIONAL",
                "TimeWindow": {"StartTime": began - 1, "EndTime": int(time.time()) + 60},
                "MaxItems": 500,
            }
            found = bench.do("main", "wafv2", "GetSampledRequests", asked)["SampledRequests"]
            if any(mark in one["Request"]["URI"] for one in found):
                return
        time.sleep(0.3)
    raise Unmet(f"{nobody}: the injection that was blocked just now is among no rule's samples.")
