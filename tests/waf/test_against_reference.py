"""The compiled engine and a slow, obvious evaluator come to the same verdict."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from garrison.waf import Location, Request, State, compile_web_acl
from tests.waf.reference.evaluator import Reference
from tests.waf.strategies import requests, web_acls

PLACES = {"192.0.2.1": Location("US", "US-OR"), "198.51.100.1": Location("DE")}

quick = settings(
    phases=[Phase.explicit, Phase.generate],
    max_examples=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
long = settings(max_examples=5_000, deadline=None, suppress_health_check=list(HealthCheck))


def locate(address: str) -> Location:
    return PLACES.get(address, Location())


def agree(made: tuple[dict[str, Any], dict[str, Any]], many: list[Request]) -> None:
    document, references = made
    acl = compile_web_acl(document, references.get)
    for asked in many:
        found = acl.inspect(asked, State(locate=locate), 1000.0)
        expected = Reference(document, asked, references, locate).decide()
        assert (found.action, found.rule, list(found.labels), [match.rule for match in found.matched]) == expected


several = st.lists(requests(), min_size=4, max_size=4)


@quick
@given(web_acls(), several)
def test_the_engine_decides_as_the_reference_does(
    made: tuple[dict[str, Any], dict[str, Any]], many: list[Request]
) -> None:
    agree(made, many)


@pytest.mark.soak
@long
@given(web_acls(), several)
def test_it_does_so_for_long(made: tuple[dict[str, Any], dict[str, Any]], many: list[Request]) -> None:
    agree(made, many)
