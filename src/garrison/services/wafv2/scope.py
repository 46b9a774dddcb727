"""Regional and CloudFront scope: where a call acts, and the ARNs of what it finds there.

CLOUDFRONT belongs to us-east-1 (API reference, `Scope`: "you must specify the Region US East").
"""

from __future__ import annotations

from garrison.access.call import Call
from garrison.aws.arn import Arn
from garrison.services.wafv2.resources import CLOUDFRONT, REGIONAL, Entity
from garrison.store import Kind, Resource
from garrison.waf.errors import BAD_SCOPE, invalid

_WORDS = {
    "wafv2.web-acl": "webacl",
    "wafv2.rule-group": "rulegroup",
    "wafv2.ip-set": "ipset",
    "wafv2.regex-pattern-set": "regexpatternset",
}


def scope_of(call: Call) -> str:
    """The scope the call names. Raises `WAFInvalidParameterException` for CLOUDFRONT outside us-east-1."""
    scope: str = call.params["Scope"]
    if scope == CLOUDFRONT and call.region != "us-east-1":
        raise invalid("SCOPE_VALUE", CLOUDFRONT, BAD_SCOPE)
    return scope


def arn_of(partition: str, row: Resource[Entity]) -> str:
    """The ARN of a web ACL, rule group or set."""
    return entity_arn(partition, row.kind, row.account, row.region, row.parent, row.name, row.id)


def entity_arn(partition: str, kind: Kind[Entity], account: str, region: str, scope: str, name: str, id: str) -> str:
    """The ARN of what has these coordinates."""
    word = "global" if scope == CLOUDFRONT else "regional"
    return f"arn:{partition}:wafv2:{region}:{account}:{word}/{_WORDS[kind.name]}/{name}/{id}"


class Named:
    """What the ARN of an entity says."""

    __slots__ = ("account", "id", "name", "region", "scope", "word")

    def __init__(self, account: str, region: str, scope: str, word: str, name: str, id: str) -> None:
        self.account = account
        self.region = region
        self.scope = scope
        self.word = word
        self.name = name
        self.id = id


def named(arn: str) -> Named | None:
    """The parts of an entity's ARN, None for anything else."""
    parsed = Arn.parse(arn)
    if parsed is None or parsed.service != "wafv2":
        return None
    parts = parsed.resource.split("/")
    if len(parts) != 4 or parts[0] not in ("regional", "global"):
        return None
    scope = CLOUDFRONT if parts[0] == "global" else REGIONAL
    return Named(parsed.account, parsed.region, scope, parts[1], parts[2], parts[3])
