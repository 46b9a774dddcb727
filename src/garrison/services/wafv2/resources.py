"""What WAF stores. Names are unique by account, region, scope and kind: a row's parent is its scope.

Bodies keep the API's own JSON shape, blobs as base64 text, so that what a client sent comes back unchanged and the
engine reads the same documents people keep in files (`documents`).

Links: `PROTECTS`: web ACL ARN -> resource ARN (load balancers; a distribution names its web ACL itself);
`REFERS`: ARN of a web ACL or rule group -> ARN of each set or group its rules name.
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.store import Kind

Document = dict[str, Any]
"""A structure of the API in JSON shape."""

REGIONAL = "REGIONAL"
CLOUDFRONT = "CLOUDFRONT"

PROTECTS = "wafv2.protects"
REFERS = "wafv2.refers"

EPOCH = "wafv2"
"""The epoch of whatever changes what an inspected request meets: (`EPOCH`, account)."""


class Entity(msgspec.Struct, frozen=True, omit_defaults=True):
    """A web ACL, rule group, IP set or regex pattern set."""

    lock_token: str
    document: Document
    """Without `Name`, `Id` and `ARN`, which the row has."""
    tags: dict[str, str] = {}
    capacity: int = 0
    """WCU: what a web ACL uses, what a rule group was made with."""


class LoggingConfiguration(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a web ACL's log records go."""

    document: Document


class PermissionPolicy(msgspec.Struct, frozen=True):
    """The resource policy of a rule group, by which it is shared."""

    policy: str


class ApiKey(msgspec.Struct, frozen=True):
    """A key for the CAPTCHA script: the domains it is good for."""

    domains: tuple[str, ...]
    version: int = 1


WEB_ACL = Kind("wafv2.web-acl", Entity)
RULE_GROUP = Kind("wafv2.rule-group", Entity)
IP_SET = Kind("wafv2.ip-set", Entity)
REGEX_PATTERN_SET = Kind("wafv2.regex-pattern-set", Entity)
LOGGING = Kind("wafv2.logging", LoggingConfiguration)
"""Parent: its scope; name: `web ACL ARN/log type/log scope`."""
PERMISSION_POLICY = Kind("wafv2.permission-policy", PermissionPolicy)
"""Name and id: the rule group's ARN."""
API_KEY = Kind("wafv2.api-key", ApiKey)

ARN_KINDS: dict[str, Kind[Entity]] = {
    "webacl": WEB_ACL,
    "rulegroup": RULE_GROUP,
    "ipset": IP_SET,
    "regexpatternset": REGEX_PATTERN_SET,
}
"""The word of an ARN -> what it names."""
