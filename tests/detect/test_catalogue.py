"""The catalogue of finding types: whole, well-formed, and honest about what is found."""

from __future__ import annotations

from typing import Any

from garrison.aws import models
from garrison.detect import detectors
from garrison.detect.catalogue import RULES, TYPES, raised, status
from garrison.detect.intel import IndicatorList, Lists
from tests.detect.making import NOW


def test_every_type_can_be_told_without_knowing_anything() -> None:
    assert len(TYPES) == 224
    for name, kind in TYPES.items():
        assert kind.name == name
        assert 1 <= kind.severity <= 10
        assert kind.titled()[:1].isupper()
        assert "{" not in kind.described()
        assert kind.kind in "DTIBECX"
        assert (kind.kind == "I") == bool(kind.category)


def test_words_that_are_known_are_told() -> None:
    kind = TYPES["Stealth:IAMUser/CloudTrailLoggingDisabled"]
    assert kind.titled(principal="user jo", resource="main", api="StopLogging") == (
        "User jo stopped, deleted or narrowed the trail main (StopLogging)"
    )


def test_custom_rules_raise_types_of_theirs() -> None:
    assert len(RULES) == 35
    assert {rule.type for rule in RULES.values()} == {
        name for name, kind in TYPES.items() if kind.feature == "CUSTOM_DETECTION_RULES"
    }


def test_features_are_those_of_the_api() -> None:
    shape: Any = models.service("guardduty").shape_for("DetectorFeatureResult")
    known = set(shape.enum)
    assert {kind.feature for kind in TYPES.values()} <= known | {"CUSTOM_DETECTION_RULES", "EXTENDED"}


def test_detectors_raise_types_of_the_catalogue() -> None:
    detectors.load()
    assert raised() <= set(TYPES)


def test_a_type_of_lists_needs_a_list() -> None:
    detectors.load()
    name = "UnauthorizedAccess:IAMUser/TorIPCaller"
    exits = IndicatorList(
        name="exits", category="tor", trusted=False, addresses=("198.51.100.7/32",), names=(), digest="", time=NOW
    )
    assert status(name).state == "needs feed"
    assert status(name, Lists([exits])).state == "active"


def test_what_nothing_reads_is_said_to_be_so() -> None:
    assert status("Execution:Runtime/ReverseShell", None, frozenset()).state == "needs sensor"
    assert status("Execution:EC2/MaliciousFile", None, frozenset()).state == "needs sensor"
    assert status("Policy:IAMUser/RootCredentialUsage", None, frozenset()).state == "not built"
    assert status("Impact:EC2/MaliciousDomainRequest.Reputation", None, frozenset()).state == "not reproducible"
