"""Every labelled example gives what it says, under other names as well; every type that is found has examples.

A new detector without a case that fires, a near miss and a case that can be renamed turns this file red.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import msgspec
import pytest
from scripts.coverage_of_threats import found

from garrison.detect.catalogue import TYPES, raised
from garrison.detect.detection import Detection
from garrison.detect.engine import time_of
from garrison.detect.events import ApiCall
from tests.detect import cases
from tests.detect.case import Case
from tests.detect.renaming import renamed
from tests.detect.running import Said, said
from tests.detect.scans import SCANS

pytestmark = pytest.mark.xdist_group("detect-cases")

ALL: list[Case] = [
    case
    for module in pkgutil.iter_modules(cases.__path__)
    for case in importlib.import_module(f"{cases.__name__}.{module.name}").CASES
]
RENAMED = [renamed(case) for case in ALL if case.fires]


_ATTEMPTED = frozenset({"DefenseImpairment:Organizations/ModifyCloudResourceHierarchy"})
"""Rules that speak of who tries it, too."""


def _of_rules(case: Case) -> bool:
    return bool(case.fires) and all(TYPES[type].feature == "CUSTOM_DETECTION_RULES" for type in case.fires)


def _near(case: Case, how: str, **changes: str) -> Case:
    """What a custom rule speaks of, happening otherwise."""
    events = tuple(msgspec.structs.replace(event, **changes) for event in case.events)
    return msgspec.structs.replace(case, name=f"{case.name} ({how})", events=events, fires=(), near=case.fires)


OTHERWISE = [
    _near(case, how, **changes)
    for case in ALL
    if _of_rules(case) and all(type(event) is ApiCall and not event.error for event in case.events)
    for how, changes in (("in vain", {"error": "InvalidParameterValue"}), ("of another service", {"source": "example"}))
    if how != "in vain" or _ATTEMPTED.isdisjoint(case.fires)
]


@cache
def _said() -> dict[str, Said]:
    return said([*ALL, *RENAMED, *OTHERWISE])


def _named(case: Case) -> str:
    return case.name


def _well_formed(one: Detection) -> None:
    kind = TYPES[one.type]
    assert one.resource["resourceType"]
    assert one.action["actionType"] == kind.action
    assert all((one.account, one.key, one.occurrence, one.title, one.description))
    assert 1 <= one.severity <= 10
    assert one.first <= one.last
    assert "{" not in one.title + one.description
    assert (kind.kind == "B") == (one.anomaly is not None) or one.type in _UNEXPLAINED
    assert kind.kind != "I" or one.evidence or one.type == "Trojan:EC2/BlackholeTraffic!DNS"


_UNEXPLAINED = frozenset({"Backdoor:EC2/Spambot", "UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B"})
"""Types over baselines whose detail has no profile of what is usual."""


@pytest.mark.parametrize("case", [*ALL, *RENAMED, *OTHERWISE], ids=_named)
def test_a_case_gives_its_types(case: Case) -> None:
    detections = _said()[case.name]
    assert {one.type for one in detections} == set(case.fires)
    assert detections.early == []
    assert case.times in (0, len(detections))
    for one in detections:
        _well_formed(one)
        assert one.region in {event.region for event in case.events}


def test_every_type_has_a_case_that_fires() -> None:
    assert found() - {type for case in ALL for type in case.fires} - {scan.type for scan in SCANS} == set()


def test_every_type_has_a_near_miss() -> None:
    """Every scan has one: `tests/detect/scans.py`."""
    near = {type for case in ALL if not case.fires for type in case.near}
    assert found() - near - {scan.type for scan in SCANS} == set()


def test_every_type_has_a_case_that_is_renamed() -> None:
    """Every scan is run in two accounts, of two resources."""
    assert found() - {type for case in RENAMED for type in case.fires} - {scan.type for scan in SCANS} == set()


def test_what_detectors_raise_is_what_is_found() -> None:
    assert raised() | {scan.type for scan in SCANS} == found()


def test_a_renamed_case_is_of_somebody_else_somewhere_else() -> None:
    for case in RENAMED:
        assert {event.region for event in case.events} == {"ap-southeast-2"}
        words = repr((case.events, case.before))
        for old in ("eu-west-1", "morgan", "aws-cli/2.31.0", "i-0aa11", "eni-1'", "kubectl", "accounts-db"):
            assert old not in words, f"{case.name}: {old}"


def test_a_near_miss_is_near_to_a_case_that_fires() -> None:
    """What is near to a type reads the kind of event that fires it."""
    kinds = {type: {type_of for case in ALL if type in case.fires for type_of in _kinds(case)} for type in raised()}
    for case in ALL:
        for type in () if case.fires else case.near:
            assert kinds[type] & _kinds(case), f"{case.name}: {type}"


def _kinds(case: Case) -> set[type]:
    return {type(event) for event in case.events}


def test_cases_speak_of_types_there_are() -> None:
    assert {type for case in ALL for type in (*case.fires, *case.near)} <= set(TYPES)
    assert all(case.fires or case.near for case in ALL)
    assert all(max(map(time_of, case.before)) < min(map(time_of, case.events)) for case in ALL if case.before)


def test_cases_have_names_of_their_own() -> None:
    names = [case.name for case in ALL]
    assert len(names) == len(set(names))
