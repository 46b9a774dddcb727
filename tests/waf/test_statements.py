"""Every statement matches what it says, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from garrison.aws.errors import AwsError
from garrison.waf import Location, State
from garrison.waf.rule_group import Detector, Span
from garrison.waf.statements import detecting
from tests.waf.documents import (
    ARN,
    EVERY,
    PREFIX,
    both,
    byte,
    compiled,
    either,
    label,
    matches,
    no,
    on,
    regex,
    request,
    rule,
    size,
    verdict,
)

SET = ARN.format("ipset", "bad")
PATTERNS = ARN.format("regexpatternset", "probes")


@pytest.mark.parametrize(
    ("position", "text", "path", "expected"),
    [
        ("EXACTLY", b"/admin", b"/admin", True),
        ("EXACTLY", b"/admin", b"/admin/", False),
        ("STARTS_WITH", b"/ad", b"/admin", True),
        ("STARTS_WITH", b"/ad", b"/x/ad", False),
        ("ENDS_WITH", b".php", b"/a.php", True),
        ("ENDS_WITH", b".php", b"/a.php/", False),
        ("CONTAINS", b"dmi", b"/admin", True),
        ("CONTAINS", b"DMI", b"/admin", False),
        ("CONTAINS", b"a.*b", b"/a.*b", True),
        ("CONTAINS", b"a.*b", b"/axxb", False),
        ("CONTAINS", b"\x00\xff\n", b"/\x00\xff\n", True),
        ("CONTAINS_WORD", b"admin", b"/admin", True),
        ("CONTAINS_WORD", b"admin", b"/x-admin-y", True),
        ("CONTAINS_WORD", b"admin", b"/admin_y", False),
        ("CONTAINS_WORD", b"admin", b"/administrator", False),
        ("CONTAINS_WORD", b"admin", b"/xadmin/admin", True),
        ("CONTAINS_WORD", b"admin", b"/xadmin\n", False),
    ],
)
def test_byte_match(position: str, text: bytes, path: bytes, expected: bool) -> None:
    assert matches(byte(text, "UriPath", position), request(path)) is expected


def test_a_word_may_be_the_whole_value() -> None:
    assert matches(byte(b"evil", "QueryString", "CONTAINS_WORD"), request(b"/?evil"))
    assert not matches(byte(b"evil", "QueryString", "CONTAINS_WORD"), request(b"/?evil1"))


@pytest.mark.parametrize(
    ("pattern", "query", "expected"),
    [
        ("^a+$", b"aaa", True),
        ("^a+$", b"aab", False),
        ("b", b"abc", True),
        ("B", b"abc", False),
        ("(?i)B", b"abc", True),
        ("a.c", b"a\nc", False),
        ("(?s)a.c", b"a\nc", True),
        ("[a-c]{2}\\d", b"xxab7", True),
        ("(foo|bar)baz", b"barbaz", True),
        ("x*", b"anything", True),
    ],
)
def test_regex_match(pattern: str, query: bytes, expected: bool) -> None:
    assert matches(regex(pattern, "QueryString"), request(b"/?" + query)) is expected


def test_an_anchored_pattern_sees_each_of_many_values_by_itself() -> None:
    asked = request(b"/?a=1&b=2&c=evil&d=4&e=5")
    assert matches(regex("^evil$", "AllQueryArguments"), asked)
    assert matches(regex("evil", "AllQueryArguments"), asked)
    assert not matches(regex("2.*evil", "AllQueryArguments"), asked)
    assert not matches(regex("^1evil", "AllQueryArguments"), asked)


def test_any_pattern_of_a_set() -> None:
    patterns = {PATTERNS: {"RegularExpressionList": [{"RegexString": "^/x"}, {"RegexString": "y$"}]}}
    statement = {"RegexPatternSetReferenceStatement": {"ARN": PATTERNS, **on("UriPath")}}
    for path, expected in ((b"/x/1", True), (b"/1/y", True), (b"/1/x", False)):
        assert matches(statement, request(path), references=patterns) is expected
    assert not matches(statement, request(), references={PATTERNS: {"RegularExpressionList": []}})


@pytest.mark.parametrize(
    ("comparison", "expected"),
    [("EQ", "5"), ("NE", "46"), ("LE", "45"), ("LT", "4"), ("GE", "56"), ("GT", "6")],
)
def test_size_constraint(comparison: str, expected: str) -> None:
    for length in (4, 5, 6):
        asked = request(b"/?" + b"x" * length)
        assert matches(size(comparison, 5, "QueryString"), asked) is (str(length) in expected)


def test_sizes_are_of_what_the_transformations_left() -> None:
    assert matches(size("EQ", 1, "QueryString", "URL_DECODE"), request(b"/?%41"))
    assert matches(size("EQ", 32, "QueryString", "SHA256"), request(b"/?%41"))


def addresses(*networks: str) -> dict[str, Any]:
    return {SET: {"Addresses": list(networks), "IPAddressVersion": "IPV4"}}


@pytest.mark.parametrize(
    ("network", "address", "expected"),
    [
        ("192.0.2.0/24", "192.0.2.255", True),
        ("192.0.2.0/24", "192.0.3.0", False),
        ("198.51.100.7/32", "198.51.100.7", True),
        ("2001:db8::/32", "2001:db8:1::9", True),
        ("2001:db8::/32", "2001:db9::", False),
        ("192.0.2.0/24", "::ffff:192.0.2.1", True),
        ("192.0.2.0/24", "not an address", False),
    ],
)
def test_ip_set(network: str, address: str, expected: bool) -> None:
    statement = {"IPSetReferenceStatement": {"ARN": SET}}
    assert matches(statement, request(source_ip=address), references=addresses(network)) is expected


def forwarded(position: str = "FIRST", fallback: str = "NO_MATCH") -> dict[str, Any]:
    config = {"HeaderName": "X-Forwarded-For", "FallbackBehavior": fallback, "Position": position}
    return {"IPSetReferenceStatement": {"ARN": SET, "IPSetForwardedIPConfig": config}}


@pytest.mark.parametrize(
    ("position", "header", "expected"),
    [
        ("FIRST", "192.0.2.1, 10.0.0.1", True),
        ("FIRST", "10.0.0.1, 192.0.2.1", False),
        ("LAST", "10.0.0.1, 192.0.2.1", True),
        ("LAST", "192.0.2.1, 10.0.0.1", False),
        ("ANY", "10.0.0.1,192.0.2.1,10.0.0.2", True),
        ("ANY", "192.0.2.1" + ",10.0.0.1" * 10, False),
        ("ANY", "192.0.2.1" + ",10.0.0.1" * 9, True),
    ],
)
def test_forwarded_address_positions(position: str, header: str, expected: bool) -> None:
    asked = request(b"/", {"x-forwarded-for": header})
    assert matches(forwarded(position), asked, references=addresses("192.0.2.0/24")) is expected


def test_a_malformed_forwarding_header_falls_back() -> None:
    for header in ("192.0.2.1:80", "unknown", "192.0.2.1 10.0.0.1", ""):
        asked = request(b"/", {"X-Forwarded-For": header})
        assert matches(forwarded(fallback="MATCH"), asked, references=addresses("10.0.0.0/8"))
        assert not matches(forwarded(), asked, references=addresses("192.0.2.0/24"))


def test_without_the_forwarding_header_the_rule_does_not_apply_not_even_negated() -> None:
    known = addresses("192.0.2.0/24")
    bare = request(b"/")
    assert not matches(forwarded(fallback="MATCH"), bare, references=known)
    assert not matches(no(forwarded()), bare, references=known)
    assert not matches(either(forwarded(), EVERY), bare, references=known)
    assert matches(no(forwarded()), request(b"/", {"X-Forwarded-For": "10.0.0.1"}), references=known)


PLACES = {"192.0.2.1": Location("US", "US-OR", 64500), "192.0.2.2": Location("DE", "DE-BE", 64501)}


def somewhere(**more: Any) -> State:
    return State(locate=lambda address: PLACES.get(address, Location()), **more)


def test_geo_match_and_the_labels_it_adds_whether_or_not_it_matches() -> None:
    geo = {"GeoMatchStatement": {"CountryCodes": ["US", "CA"]}}
    found = verdict(request(source_ip="192.0.2.1"), rule(geo), state=somewhere())
    assert found.action == "BLOCK"
    assert found.labels == ("awswaf:clientip:geo:country:US", "awswaf:clientip:geo:region:US-OR")
    other = verdict(request(source_ip="192.0.2.2"), rule(geo), state=somewhere())
    assert other.action == "ALLOW"
    assert other.labels == ("awswaf:clientip:geo:country:DE", "awswaf:clientip:geo:region:DE-BE")
    unknown = verdict(request(source_ip="10.0.0.1"), rule(geo), state=somewhere())
    assert unknown.labels == ("awswaf:clientip:geo:country:XX", "awswaf:clientip:geo:region:XX-XX")


def test_labels_of_a_geo_match_are_added_even_where_the_rest_of_the_rule_settles_it() -> None:
    geo = {"GeoMatchStatement": {"CountryCodes": ["US"]}}
    found = verdict(
        request(source_ip="192.0.2.2"),
        rule(both(byte(b"never", "UriPath"), geo)),
        rule(label("awswaf:clientip:geo:country:DE"), name="germany"),
        state=somewhere(),
    )
    assert found.rule == "germany"


def test_geo_match_of_a_forwarded_address() -> None:
    config = {"HeaderName": "X-Forwarded-For", "FallbackBehavior": "MATCH"}
    geo = {"GeoMatchStatement": {"CountryCodes": ["US"], "ForwardedIPConfig": config}}
    found = verdict(request(b"/", {"X-Forwarded-For": "192.0.2.1, 192.0.2.2"}), rule(geo), state=somewhere())
    assert (found.action, found.labels[0]) == ("BLOCK", "awswaf:forwardedip:geo:country:US")
    assert verdict(request(b"/", {"X-Forwarded-For": "?"}), rule(geo), state=somewhere()).action == "BLOCK"


def test_asn_match_tells_the_log_the_system_it_looked_at() -> None:
    asn = {"AsnMatchStatement": {"AsnList": [64500]}}
    found = verdict(request(source_ip="192.0.2.1"), rule(asn), state=somewhere())
    assert (found.action, found.client_asn) == ("BLOCK", 64500)
    assert verdict(request(source_ip="192.0.2.2"), rule(asn), state=somewhere()).action == "ALLOW"
    assert verdict(request(source_ip="192.0.2.1"), rule(EVERY), state=somewhere()).client_asn is None


@pytest.mark.parametrize(
    ("key", "scope", "expected"),
    [
        ("name", "LABEL", True),
        ("b:name", "LABEL", True),
        ("a:b:name", "LABEL", True),
        ("a:name", "LABEL", False),
        ("ame", "LABEL", False),
        ("b", "LABEL", False),
        (PREFIX + "a:b:name", "LABEL", True),
        (PREFIX + "name", "LABEL", False),
        ("a:", "NAMESPACE", True),
        ("b:", "NAMESPACE", True),
        ("a:b:", "NAMESPACE", True),
        ("name:", "NAMESPACE", False),
        (PREFIX + "a:", "NAMESPACE", True),
        (PREFIX, "NAMESPACE", True),
        (PREFIX + "b:", "NAMESPACE", False),
        ("A:", "NAMESPACE", False),
    ],
)
def test_label_match(key: str, scope: str, expected: bool) -> None:
    found = verdict(request(), rule(EVERY, "Count", labels=("a:b:name",)), rule(label(key, scope), name="second"))
    assert (found.rule == "second") is expected


def test_a_label_is_not_seen_by_the_rule_that_adds_it() -> None:
    found = verdict(
        request(), rule(either(label("x"), no(label("x"))), "Count", labels=("x",)), rule(label("x"), name="next")
    )
    assert found.rule == "next"
    assert verdict(request(), rule(both(EVERY, label("y")), labels=("y",))).action == "ALLOW"


def test_logical_statements() -> None:
    a, b = byte(b"a", "UriPath"), byte(b"b", "UriPath")
    for path in (b"/", b"/a", b"/b", b"/ab"):
        has_a, has_b = b"a" in path, b"b" in path
        asked = request(path)
        assert matches(both(a, b), asked) is (has_a and has_b)
        assert matches(either(a, b), asked) is (has_a or has_b)
        assert matches(no(a), asked) is not has_a
        assert matches(both(either(a, b), no(both(a, b))), asked) is (has_a != has_b)


def seen(detector: Detector, field: str, chains: Any, asked: Any) -> bool:
    """Whether a managed rule with the detector would match."""
    from garrison.waf.rule_group import ManagedRule, ManagedRuleGroup

    statement = {"DetectorStatement": {"Detector": detector, "FieldToMatch": {field: {}}, "Chains": chains}}
    group = ManagedRuleGroup(
        name="G",
        vendor="V",
        capacity=1,
        label_namespace="awswaf:managed:v:g:",
        rules=(ManagedRule(name="R", statement=statement),),
    )
    reference = rule({"ManagedRuleGroupStatement": {"VendorName": "V", "Name": "G"}})
    return compiled(reference, groups=(group,)).inspect(asked, State(), 1.0).action == "BLOCK"


def test_a_detector_is_asked_only_where_its_literals_are() -> None:
    asked: list[bytes] = []

    def find(data: bytes) -> Span | None:
        asked.append(data)
        return Span(0, 1) if b"evil" in data else None

    detector = Detector("d", find, literals=(b"EV",))
    assert not seen(detector, "AllQueryArguments", ((),), request(b"/?a=fine&b=evident&c=x&d=y"))
    assert asked == [b"evident"]
    assert seen(detector, "AllQueryArguments", ((), ("URL_DECODE",)), request(b"/?a=%65vil"))


def test_a_detector_of_patterns_alone_matches_where_they_are() -> None:
    detector = Detector("d", patterns=("(?i)union\\s+select",))
    assert seen(detector, "BodyValues", ((), ("URL_DECODE_UNI",)), form(b"q=1+UNION%20select"))
    assert not seen(detector, "BodyValues", ((), ("URL_DECODE_UNI",)), form(b"union=1&select=2"))


def form(body: bytes) -> Any:
    return request(b"/", {"Content-Type": "application/x-www-form-urlencoded"}, method="POST", body=body)


def test_injection_statements_ask_their_detectors_and_show_what_they_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(data: bytes) -> Span | None:
        return Span(0, 2, (b"x", b"or")) if b"'" in data else None

    from garrison.waf.statements import sqli_match, xss_match

    sql = Detector("s", find, literals=(b"'",), condition_type="SQL_INJECTION")
    script = Detector("x", lambda data: Span(0, 7) if data.startswith(b"<script") else None, condition_type="XSS")
    monkeypatch.setattr(sqli_match, "_detector", lambda sensitivity: sql)
    monkeypatch.setattr(xss_match, "_detector", lambda: script)
    injection = {"SqliMatchStatement": {**on("AllQueryArguments", "URL_DECODE"), "SensitivityLevel": "HIGH"}}
    found = verdict(request(b"/?a=1&b=%27"), rule(injection))
    (detail,) = found.details
    assert detail.condition_type == "SQL_INJECTION"
    assert (detail.location, detail.matched_field, detail.matched_data) == ("ALL_QUERY_ARGS", "b", ("x", "or"))
    assert detail.sensitivity == "HIGH"
    scripting = {"XssMatchStatement": on({"SingleHeader": {"Name": "X"}})}
    (detail,) = verdict(request(b"/", {"x": "<script>"}), rule(scripting)).details
    assert (detail.condition_type, detail.location, detail.matched_data) == ("XSS", "HEADER", ("<script",))
    assert verdict(request(b"/?b=fine"), rule(injection)).action == "ALLOW"
    assert detecting is not None


def test_a_reference_to_nothing_is_an_error_when_compiled() -> None:
    with pytest.raises(AwsError, match="IP_SET_REFERENCE_STATEMENT"):
        compiled(rule({"IPSetReferenceStatement": {"ARN": SET}}))
