"""Random web ACLs and requests that have something to do with each other."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from garrison.waf import Request
from tests.waf.documents import ARN, PREFIX, rule_group, web_acl

SET = ARN.format("ipset", "some")
PATTERNS = ARN.format("regexpatternset", "some")
GROUP = ARN.format("rulegroup", "mine")

WORDS = [b"a", b"b", b"ab", b"evil", b"EVIL", b"%61", b"a b", b"a+b", b"&lt;", b"<", b"../", b"1", b"", b"\x00", b"\n"]
words = st.sampled_from(WORDS)
texts = st.lists(words, max_size=4).map(b"".join)
NAMES = ["a", "B", "x-tag", "q"]
PATTERN_TEXTS = ["^a", "b$", "^$", "evil", "(?i)evil", "a.b", "a|1", "[<&]", "^ab*$", "\\s", "(?:ab){2}", "x*", "a\\z"]
TRANSFORMATIONS = [
    "NONE",
    "LOWERCASE",
    "URL_DECODE",
    "HTML_ENTITY_DECODE",
    "REMOVE_NULLS",
    "NORMALIZE_PATH",
    "MD5",
    "TRIM",
]

scopes = st.sampled_from(["ALL", "KEY", "VALUE"])
fallbacks = st.sampled_from(["MATCH", "NO_MATCH"])
everything: st.SearchStrategy[dict[str, Any]] = st.just({"All": {}})
named = st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True)

fields: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.sampled_from(["Method", "UriPath", "QueryString", "AllQueryArguments"]).map(lambda name: {name: {}}),
    st.fixed_dictionaries({"UriFragment": st.fixed_dictionaries({"FallbackBehavior": fallbacks})}),
    st.fixed_dictionaries({"SingleHeader": st.fixed_dictionaries({"Name": st.sampled_from(NAMES)})}),
    st.fixed_dictionaries({"SingleQueryArgument": st.fixed_dictionaries({"Name": st.sampled_from(NAMES)})}),
    st.fixed_dictionaries(
        {"Body": st.fixed_dictionaries({"OversizeHandling": st.sampled_from(["CONTINUE", "MATCH", "NO_MATCH"])})}
    ),
    st.fixed_dictionaries(
        {
            "JsonBody": st.fixed_dictionaries(
                {
                    "MatchPattern": everything | st.sampled_from([{"IncludedPaths": ["/a", "/B/0"]}]),
                    "MatchScope": scopes,
                    "InvalidFallbackBehavior": st.sampled_from(["MATCH", "NO_MATCH", "EVALUATE_AS_STRING"]),
                }
            )
        }
    ),
    st.fixed_dictionaries(
        {
            "Headers": st.fixed_dictionaries(
                {
                    "MatchPattern": everything
                    | named.map(lambda n: {"IncludedHeaders": n})
                    | named.map(lambda n: {"ExcludedHeaders": n}),
                    "MatchScope": scopes,
                    "OversizeHandling": st.just("CONTINUE"),
                }
            )
        }
    ),
    st.fixed_dictionaries(
        {
            "Cookies": st.fixed_dictionaries(
                {
                    "MatchPattern": everything | named.map(lambda n: {"IncludedCookies": n}),
                    "MatchScope": scopes,
                    "OversizeHandling": st.just("CONTINUE"),
                }
            )
        }
    ),
)

chains = st.lists(st.sampled_from(TRANSFORMATIONS), min_size=1, max_size=3).map(
    lambda names: [{"Priority": number, "Type": name} for number, name in enumerate(names)]
)


def on_field(**more: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"FieldToMatch": fields, "TextTransformations": chains, **more})


leaves: st.SearchStrategy[dict[str, Any]] = st.one_of(
    on_field(
        SearchString=texts.filter(bool),
        PositionalConstraint=st.sampled_from(["EXACTLY", "STARTS_WITH", "ENDS_WITH", "CONTAINS"]),
    ).map(lambda p: {"ByteMatchStatement": p}),
    on_field(SearchString=st.sampled_from([b"a", b"evil", b"ab"]), PositionalConstraint=st.just("CONTAINS_WORD")).map(
        lambda p: {"ByteMatchStatement": p}
    ),
    on_field(RegexString=st.sampled_from(PATTERN_TEXTS)).map(lambda p: {"RegexMatchStatement": p}),
    on_field(ARN=st.just(PATTERNS)).map(lambda p: {"RegexPatternSetReferenceStatement": p}),
    on_field(ComparisonOperator=st.sampled_from(["EQ", "NE", "LE", "LT", "GE", "GT"]), Size=st.integers(0, 9)).map(
        lambda p: {"SizeConstraintStatement": p}
    ),
    st.just({"IPSetReferenceStatement": {"ARN": SET}}),
    st.tuples(st.sampled_from(["FIRST", "LAST", "ANY"]), fallbacks).map(
        lambda pair: {
            "IPSetReferenceStatement": {
                "ARN": SET,
                "IPSetForwardedIPConfig": {"HeaderName": "X-F", "Position": pair[0], "FallbackBehavior": pair[1]},
            }
        }
    ),
    st.sampled_from([{"GeoMatchStatement": {"CountryCodes": ["US"]}}, {"GeoMatchStatement": {"CountryCodes": ["DE"]}}]),
    st.sampled_from(["one", "n:one", "two", PREFIX + "n:one", "awswaf:clientip:geo:country:US"]).map(
        lambda key: {"LabelMatchStatement": {"Scope": "LABEL", "Key": key}}
    ),
    st.sampled_from(["n:", "m:", PREFIX, "awswaf:123456789012:rulegroup:mine:"]).map(
        lambda key: {"LabelMatchStatement": {"Scope": "NAMESPACE", "Key": key}}
    ),
)


def _joined(children: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    several = st.lists(children, min_size=2, max_size=3)
    return st.one_of(
        several.map(lambda each: {"AndStatement": {"Statements": each}}),
        several.map(lambda each: {"OrStatement": {"Statements": each}}),
        children.map(lambda each: {"NotStatement": {"Statement": each}}),
    )


statements = st.recursive(leaves, _joined, max_leaves=4)
labels = st.lists(st.sampled_from(["one", "n:one", "m:n:two"]), max_size=2, unique=True).map(
    lambda names: [{"Name": name} for name in names]
)


def _rules(most: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    one = st.fixed_dictionaries(
        {
            "Statement": statements,
            "Action": st.sampled_from([{"Allow": {}}, {"Block": {}}, {"Count": {}}, {"Count": {}}]),
            "RuleLabels": labels,
        }
    )
    return st.lists(one, max_size=most).map(
        lambda rules: [{**rule, "Name": f"r{number}", "Priority": 2 * number} for number, rule in enumerate(rules)]
    )


@st.composite
def web_acls(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """(web ACL, what it refers to)."""
    rules = draw(_rules(6))
    group = rule_group(*draw(_rules(3)))
    if draw(st.booleans()):
        overrides = draw(st.lists(st.sampled_from(["r0", "r1"]), max_size=2, unique=True))
        excluded = draw(st.lists(st.sampled_from(["r0", "r1"]), max_size=1))
        statement = {
            "ARN": GROUP,
            "RuleActionOverrides": [{"Name": name, "ActionToUse": {"Count": {}}} for name in overrides],
            "ExcludedRules": [{"Name": name} for name in excluded],
        }
        override: dict[str, Any] = draw(st.sampled_from([{"None": {}}, {"Count": {}}]))
        reference = {
            "Name": "group",
            "Statement": {"RuleGroupReferenceStatement": statement},
            "OverrideAction": override,
        }
        rules.append({**reference, "Priority": draw(st.sampled_from([1, 3, 99]))})
    patterns = draw(st.lists(st.sampled_from(PATTERN_TEXTS), max_size=3, unique=True))
    references = {
        SET: {"Addresses": ["192.0.2.0/24", "2001:db8::/33"], "IPAddressVersion": "IPV4"},
        PATTERNS: {"RegularExpressionList": [{"RegexString": text} for text in patterns]},
        GROUP: group,
    }
    return web_acl(*rules, default=draw(st.sampled_from(["Allow", "Block"]))), references


addresses = st.sampled_from(["192.0.2.1", "198.51.100.1", "2001:db8::1", "::1"])
values = st.recursive(
    texts.map(lambda t: t.decode("latin-1")) | st.booleans() | st.none() | st.integers(0, 9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "B", "evil"]), inner, max_size=3),
    max_leaves=5,
)
bodies = st.one_of(
    st.just(b""),
    texts,
    (st.lists(values, max_size=2) | st.dictionaries(st.sampled_from(["a", "B"]), values)).map(
        lambda v: json.dumps(v).encode()
    ),
    st.sampled_from([b"evil" * 3000]),
)
forwarded = st.one_of(
    st.lists(addresses, min_size=1, max_size=12).map(", ".join), st.sampled_from(["", "garbage", "192.0.2.1, x"])
)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    plain = texts.map(lambda t: t.translate(None, b"?#\x00\n "))
    target = b"/" + draw(plain)
    if draw(st.booleans()):
        pairs = draw(st.lists(st.tuples(st.sampled_from([b"a", b"A", b"q", b""]), plain), max_size=5))
        target += b"?" + b"&".join(name + b"=" + value for name, value in pairs)
    if draw(st.integers(0, 5)) == 0:
        target += b"#" + draw(plain)
    headers = [
        (draw(st.sampled_from([b"a", b"A", b"b", b"X-Tag"])), draw(texts)) for _ in range(draw(st.integers(0, 4)))
    ]
    if draw(st.booleans()):
        crumbs = draw(st.lists(st.tuples(st.sampled_from([b"a", b"B"]), plain), max_size=3))
        headers.append((b"Cookie", b"; ".join(name + b"=" + value for name, value in crumbs)))
    if draw(st.booleans()):
        headers.append((b"x-f", draw(forwarded).encode()))
    return Request(
        method=draw(st.sampled_from(["GET", "POST", "a"])),
        target=target,
        headers=tuple(headers),
        body=draw(bodies),
        source_ip=draw(addresses),
    )
