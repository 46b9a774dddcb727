"""Every labelled example gives what it says, under other names as well; every type that can be raised has examples."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

from garrison.detect.catalogue import TYPES, raised
from garrison.detect.detection import Detection
from tests.detect import cases
from tests.detect.case import Case
from tests.detect.renaming import renamed
from tests.detect.running import found

ALL: list[Case] = [
    case
    for module in pkgutil.iter_modules(cases.__path__)
    for case in importlib.import_module(f"{cases.__name__}.{module.name}").CASES
]
HERE = frozenset(
    name for name, kind in TYPES.items() if kind.source in ("api", "kubernetes", "login") and kind.kind != "B"
)
"""Types whose examples are cases; those over flows, DNS and baselines have tests of their own."""


def _named(case: Case) -> str:
    return case.name


def _well_formed(one: Detection) -> None:
    kind = TYPES[one.type]
    assert one.resource["resourceType"]
    assert one.action["actionType"] == kind.action
    assert all((one.account, one.key, one.events, one.title, one.description))
    assert 1 <= one.severity <= 10
    assert "{" not in one.title + one.description


@pytest.mark.parametrize("case", ALL, ids=_named)
def test_a_case_gives_its_types(case: Case) -> None:
    detections = found(case)
    assert sorted({one.type for one in detections}) == sorted(case.fires)
    for one in detections:
        _well_formed(one)


@pytest.mark.parametrize("case", [case for case in ALL if case.fires and case.rename], ids=_named)
def test_a_case_fires_under_other_names(case: Case) -> None:
    assert sorted({one.type for one in found(renamed(case))}) == sorted(case.fires)


def test_every_type_has_a_case_that_fires() -> None:
    assert raised() & HERE - {type for case in ALL for type in case.fires} == set()


def test_every_type_has_a_near_miss() -> None:
    assert raised() & HERE - {type for case in ALL if not case.fires for type in case.near} == set()


def test_cases_speak_of_types_there_are() -> None:
    assert {type for case in ALL for type in (*case.fires, *case.near)} <= set(TYPES)
    assert all(case.fires or case.near for case in ALL)


def test_cases_have_names_of_their_own() -> None:
    names = [case.name for case in ALL]
    assert len(names) == len(set(names))
