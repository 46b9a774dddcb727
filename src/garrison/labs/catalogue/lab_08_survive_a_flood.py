"""Lab 8: rate-based rules and Shield."""

from __future__ import annotations

from garrison.checks.api import Refused
from garrison.labs.bench import Bench
from garrison.labs.lab import Lab, Unmet
from garrison.labs.web import BLOCKED, Client, close_shop, open_shop, web_acl

LAB = Lab(
    8,
    "survive-a-flood",
    "Survive a flood",
    goal="The shop at {url} (load balancer {load_balancer}) is flooded every Friday. The web ACL shop is in front of "
    "it, and has no rules. In the end who asks more than 50 times in a minute is held back and nobody else notices, "
    "passwords cannot be tried by the hundred, and Shield Advanced watches the load balancer and blocks by itself.",
    teaches=("rate-based rules", "scope-down statements", "Shield Advanced", "automatic mitigation"),
    minutes=35,
    needs=("waf",),
)
_WAF = "https://docs.aws.amazon.com/waf/latest/developerguide/"
_CALM = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": False, "MetricName": "shop"}


@LAB.prepare
def prepare(bench: Bench) -> None:
    bench.make_account()
    bench.make_learner()
    open_shop(bench)
    asked = {"Name": "shop", "Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "VisibilityConfig": _CALM}
    acl = bench.do("main", "wafv2", "CreateWebACL", asked | {"Rules": []})["Summary"]
    bench.attempt.facts |= {"web_acl": acl["ARN"], "web_acl_id": acl["Id"]}
    associated = {"WebACLArn": acl["ARN"], "ResourceArn": bench.fact("load_balancer")}
    bench.do("main", "wafv2", "AssociateWebACL", associated)


@LAB.clean
def clean(bench: Bench) -> None:
    close_shop(bench)


def _asks(client: Client, times: int, path: str = "/") -> int:
    """How often of so many times somebody is blocked."""
    return sum(client.ask(path) == BLOCKED for _ in range(times))


@LAB.step(
    "rate",
    "Who asks more than 50 times in a minute is held back, and nobody else",
    task="A rule of the web ACL blocks whoever asks more than 50 times in 60 seconds. Who asks 30 times is served.",
    hints=(
        "A rate-based rule counts requests by who sends them.",
        "RateBasedStatement with Limit 50, EvaluationWindowSec 60, AggregateKeyType IP; action Block.",
        "aws wafv2 update-web-acl --name shop --scope REGIONAL --id {web_acl_id} --lock-token ... --default-action "
        "Allow={} --visibility-config SampledRequestsEnabled=true,CloudWatchMetricsEnabled=false,MetricName=shop "
        "--rules "
        '\'[{"Name":"rate","Priority":1,"Statement":{"RateBasedStatement":{"Limit":50,"EvaluationWindowSec":60,'
        '"AggregateKeyType":"IP"}},"Action":{"Block":{}},"VisibilityConfig":{"SampledRequestsEnabled":true,'
        '"CloudWatchMetricsEnabled":false,"MetricName":"rate"}}]\'',
    ),
    term=("Rate-based rule statement", _WAF + "waf-rule-statement-type-rate-based.html"),
)
def rate(bench: Bench) -> None:
    web_acl(bench)
    url = bench.fact("url")
    flood, person = Client(url), Client(url)
    if not _asks(flood, 75):
        raise Unmet("75 requests within seconds, from one address, all reached the shop.")
    blocked = _asks(person, 30)
    if blocked:
        raise Unmet(
            f"Somebody else, who asked 30 times, was blocked {blocked} times: count by address, and not so few."
        )


@LAB.step(
    "login",
    "Passwords are not tried by the hundred",
    task="Who asks for /login more than 10 times within 60 seconds is blocked there, and is served elsewhere.",
    hints=(
        "A rate-based rule can count some requests only: those its scope-down statement matches.",
        "A second rule: Limit 10, EvaluationWindowSec 60, and a ScopeDownStatement that is a ByteMatchStatement of "
        "UriPath, STARTS_WITH /login.",
        'Its statement: {"RateBasedStatement":{"Limit":10,"EvaluationWindowSec":60,"AggregateKeyType":"IP",'
        '"ScopeDownStatement":{"ByteMatchStatement":{"FieldToMatch":{"UriPath":{}},"PositionalConstraint":"STARTS_WITH",'
        '"SearchString":"/login","TextTransformations":[{"Priority":0,"Type":"NONE"}]}}}}',
    ),
    term=("Scope-down statements", _WAF + "waf-rule-scope-down-statements.html"),
)
def login(bench: Bench) -> None:
    web_acl(bench)
    thief, person = Client(bench.fact("url")), Client(bench.fact("url"))
    if not _asks(thief, 25, "/login"):
        raise Unmet("25 passwords were tried at /login within seconds; none was refused.")
    if _asks(thief, 5, "/search?q=tea"):
        raise Unmet("Who was held back at /login must be served elsewhere: scope the rule down to /login.")
    if _asks(person, 5, "/login"):
        raise Unmet("Somebody who tries 5 times at /login is a person who mistypes, and must be let in.")


@LAB.step(
    "shield",
    "Shield Advanced protects the load balancer",
    task="Subscribe to Shield Advanced, and make a protection for {load_balancer}.",
    hints=(
        "Shield Standard is there by itself and sees to the network. Shield Advanced protects what it is told to.",
        "CreateSubscription, then CreateProtection with the load balancer's ARN.",
        "aws shield create-subscription; aws shield create-protection --name shop --resource-arn {load_balancer}",
    ),
    term=("Adding Shield Advanced protection", _WAF + "configure-new-protection.html"),
)
def shield(bench: Bench) -> None:
    if bench.read("shield", "GetSubscriptionState")["SubscriptionState"] != "ACTIVE":
        raise Unmet("The account is not subscribed to Shield Advanced (GetSubscriptionState: INACTIVE).")
    if _protection(bench) is None:
        raise Unmet("No protection names the load balancer: Shield does not know that it is to be watched.")


def _protection(bench: Bench) -> dict[str, object] | None:
    try:
        there = bench.read("shield", "ListProtections")["Protections"]
    except Refused:  # nobody has subscribed
        return None
    return next((one for one in there if one["ResourceArn"] == bench.fact("load_balancer")), None)


@LAB.step(
    "automatic",
    "Shield blocks floods of the application layer by itself",
    task="Automatic application layer DDoS mitigation is enabled for the load balancer, and blocks.",
    hints=(
        "Shield Advanced can write rules of its own into the web ACL while an attack lasts.",
        "EnableApplicationLayerAutomaticResponse with the action Block.",
        "aws shield enable-application-layer-automatic-response --resource-arn {load_balancer} --action Block={}",
    ),
    term=("Automatic application layer mitigation", _WAF + "ddos-automatic-app-layer-response.html"),
)
def automatic(bench: Bench) -> None:
    found = _protection(bench)
    if found is None:
        raise Unmet("Shield does not protect the load balancer yet, so it cannot answer for it.")
    said = found.get("ApplicationLayerAutomaticResponseConfiguration")
    if not isinstance(said, dict) or said.get("Status") != "ENABLED":
        raise Unmet("Shield would see the flood, and tell you: mitigating it by itself is not enabled.")
    if "Block" not in said.get("Action", {}):
        raise Unmet("Shield's own rules would count the flood's requests, and let them through: the action is Count.")
