"""The matrix with what is known of it: it claims no more than checks and papers say."""

from __future__ import annotations

import pytest

from garrison.responsibility import (
    Attestation,
    CheckResult,
    Matrix,
    Party,
    Profile,
    Standing,
    UnknownCell,
    cell_part,
    matrix,
    select,
)
from garrison.responsibility.results import BRIDGE, CheckStatus

NOW = 1_800_000_000.0
DAY = 86400.0


def said(status: CheckStatus, *cells: str, age: float = 60, check: str = "iam.root-mfa") -> CheckResult:
    return CheckResult(check, status, NOW - age, cells or ("*/identity/customer",), evidence="ev-1")


def standing(found: Matrix, layer: str, party: str = "customer", row: int = 0) -> Standing:
    (part,) = [p for p in found.rows[row].cell(layer).parts if p.party == party]
    return part.standing


def assessed(*results: CheckResult, services: str = "rds", profile: Profile = Profile.AWS) -> Matrix:
    return matrix([select(s) for s in services.split()], profile).with_results(results, NOW)


def test_before_an_assessment_nothing_is_claimed() -> None:
    found = matrix([select("rds")])
    assert all(cell.standing is Standing.NOT_ASSESSED for cell in found.rows[0].cells)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([said("PASS")], Standing.COVERED),
        ([said("PASS"), said("PASS", check="b")], Standing.COVERED),
        ([said("PASS"), said("FAIL", check="b")], Standing.GAP),
        ([said("ERROR"), said("FAIL", check="b")], Standing.GAP),
        ([said("EXCEPTED"), said("FAIL", check="b")], Standing.GAP),
        ([said("PASS"), said("EXCEPTED", check="b")], Standing.EXCEPTED),
        ([said("EXCEPTED")], Standing.EXCEPTED),
        ([said("PASS"), said("ERROR", check="b")], Standing.PARTIAL),
        ([said("PASS"), said("NOT_AVAILABLE", check="b")], Standing.PARTIAL),
        ([said("PASS"), said("PASS", check="b", age=2 * DAY)], Standing.PARTIAL),
        ([said("PASS"), said("NOT_APPLICABLE", check="b")], Standing.COVERED),
        ([said("NOT_APPLICABLE")], Standing.NOTHING),
        ([said("NOT_APPLICABLE"), said("ERROR", check="b")], Standing.UNKNOWN),
        ([said("NOT_APPLICABLE", age=2 * DAY)], Standing.UNKNOWN),
        ([said("NOT_RUN")], Standing.UNKNOWN),
        ([said("PASS"), said("NOT_RUN", check="b")], Standing.PARTIAL),
        ([said("ERROR")], Standing.UNKNOWN),
        ([said("NOT_AVAILABLE")], Standing.UNKNOWN),
        ([said("PASS", age=2 * DAY)], Standing.UNKNOWN),
        ([said("FAIL", age=2 * DAY)], Standing.UNKNOWN),
        ([], Standing.UNCHECKED),
    ],
)
def test_what_could_not_be_read_or_is_old_never_counts_as_passed(
    results: list[CheckResult], expected: Standing
) -> None:
    assert standing(assessed(*results), "identity") is expected


def test_a_check_speaks_for_the_cells_it_names_and_no_others() -> None:
    found = assessed(said("PASS", "rds/data"), said("FAIL", "*/logging/customer", check="b"), services="rds s3")
    assert standing(found, "data") is Standing.COVERED
    assert standing(found, "data", row=1) is Standing.UNCHECKED
    assert standing(found, "logging", row=1) is Standing.GAP
    assert found.rows[0].cell("data").parts[0].checks[0].evidence == "ev-1"
    assert found.rows[1].cell("data").parts[0].checks == ()


def test_a_provider_is_unproven_until_a_paper_in_date_speaks_for_it() -> None:
    base = matrix([select("rds")])
    soc = Attestation("report-1", "SOC 2", NOW - 300 * DAY, NOW - 30 * DAY, ("*/facility/provider",))
    old = Attestation("report-0", "SOC 2", NOW - 900 * DAY, NOW - BRIDGE - DAY, ("*/host/provider",))
    found = base.with_results([], NOW, attestations=[soc, old])
    assert standing(found, "facility", "provider") is Standing.INHERITED
    assert standing(found, "host", "provider") is Standing.UNPROVEN
    assert found.rows[0].cell("host").parts[0].attestations == (old,)
    assert standing(base.with_results([], NOW), "facility", "provider") is Standing.UNPROVEN


def test_a_shared_cell_is_as_good_as_its_worse_part() -> None:
    found = assessed(said("PASS", "rds/runtime/customer"))
    cell = found.rows[0].cell("runtime")
    assert cell.party is Party.SHARED
    assert cell.standing is Standing.UNPROVEN


def test_who_runs_the_machines_needs_checks_like_everybody_else() -> None:
    found = assessed(said("PASS", "*/host/operator", check="host.kernel"), profile=Profile.SELF_HOSTED)
    assert standing(found, "host", "operator") is Standing.COVERED
    assert standing(found, "facility", "operator") is Standing.UNCHECKED


def test_cells_are_read_from_their_names() -> None:
    assert str(cell_part("wafv2/app")) == "waf/app/customer"
    assert str(cell_part("*/host/operator")) == "*/host/operator"
    for wrong in ("rds", "rds/cellar", "moon/app", "rds/app/nobody", ""):
        with pytest.raises(UnknownCell):
            cell_part(wrong)
