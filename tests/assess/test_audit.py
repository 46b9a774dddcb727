"""Checklists as data, samples that anybody draws alike, and where items stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from garrison.assess.audit import Attestation, ChecklistError, Standing, built_in, load, standing
from garrison.assess.audit.populations import POPULATIONS, draw, quarter
from garrison.assess.audit.procedures import PROCEDURES
from garrison.assess.audit.read import Audited, AuditRun, ItemEvidence
from garrison.assess.ledger import Ledger
from garrison.checks import load as checks
from garrison.checks.check import Status
from garrison.checks.snapshot import Snapshot

NOW = 1_800_000_000


def ran(*statuses: Status) -> tuple[dict[str, Any], ...]:
    return tuple({"check": f"iam.c{n}", "status": s.value, "reason": "so"} for n, s in enumerate(statuses))


def item(status: Status, **more: Any) -> ItemEvidence:
    told: dict[str, Any] = {
        "item": "access.x", "version": 1, "checklist": "c", "domain": "Access", "account": "1" * 12, "question": "?",
        "examined": "users", "status": status, "checks": ran(status), "missing": (), "procedures": (), "sample": None,
        "unread": "", "attest": "It is so.", "manual": True, "valid_days": 90, "digest": "d" * 64, "hash": "e" * 64,
        "when": NOW, "valid_until": NOW + 86400,
    }  # fmt: skip
    return ItemEvidence(**{**told, **more})


def said(**more: Any) -> Attestation:
    told: dict[str, Any] = {
        "id": "a-1", "account": "1" * 12, "checklist": "c", "item": "access.x", "audit": "r", "digest": "d" * 64,
        "evidence": "e" * 64, "opinion": "SATISFIED", "statement": "So it is.", "by": "arn:vera", "when": NOW,
        "valid_until": NOW + 10,
    }  # fmt: skip
    return Attestation(**{**told, **more})


def stands(found: ItemEvidence, *attestations: Attestation, now: float = NOW + 1) -> tuple[Standing, str]:
    run = AuditRun("r", 1, "c", "1", "t", ("1" * 12,), "2027Q1", NOW)
    [one] = standing(Audited(run, (found,)), attestations, now)
    return one.standing, one.reason


@pytest.mark.parametrize(
    ("found", "attestations", "now", "expected"),
    [
        (item(Status.PASS, manual=False), [], NOW, Standing.MET),
        (item(Status.NOT_APPLICABLE, manual=False), [], NOW, Standing.NOT_APPLICABLE),
        (item(Status.NOT_APPLICABLE), [], NOW, Standing.NEEDS_ATTESTATION),
        (item(Status.PASS), [said()], NOW, Standing.ATTESTED),
        (item(Status.PASS), [said()], NOW + 10, Standing.EXPIRED),
        (item(Status.PASS), [said(digest="f" * 64)], NOW, Standing.NEEDS_ATTESTATION),
        (item(Status.PASS), [said(withdrawn=True)], NOW, Standing.NEEDS_ATTESTATION),
        (item(Status.PASS), [said(account="2" * 12)], NOW, Standing.NEEDS_ATTESTATION),
        (item(Status.PASS), [said(), said(id="a-2", opinion="NOT_SATISFIED")], NOW, Standing.NOT_MET),
        (item(Status.PASS), [said(opinion="NOT_APPLICABLE")], NOW, Standing.NOT_APPLICABLE),
        # Nobody's word makes good what failed, or what nobody could see.
        (item(Status.FAIL), [said()], NOW, Standing.NOT_MET),
        (item(Status.EXCEPTED), [said()], NOW, Standing.NOT_MET),
        (item(Status.NOT_AVAILABLE), [said()], NOW, Standing.NOT_AVAILABLE),
        (item(Status.PASS, manual=False), [said()], NOW, Standing.ATTESTED),
        (item(Status.PASS, manual=False), [said()], NOW + 10, Standing.MET),
    ],
)
def test_an_item_stands_as_its_worst_part(
    found: ItemEvidence, attestations: list[Attestation], now: float, expected: Standing
) -> None:
    assert stands(found, *attestations, now=now)[0] is expected


@pytest.mark.parametrize(
    ("passed", "nothing", "expected", "reason"),
    [
        (5, 0, Standing.MET, "5 passed"),
        (2, 2, Standing.MET, "2 passed, 2 not applicable"),
        (1, 4, Standing.NEEDS_ATTESTATION, "1 passed, 4 not applicable: too little to answer it, a person must say"),
        (0, 0, Standing.NEEDS_ATTESTATION, "0 passed: too little to answer it, a person must say"),
    ],
)
def test_what_little_passed_does_not_answer_a_question(
    passed: int, nothing: int, expected: Standing, reason: str
) -> None:
    checks = ran(*[Status.PASS] * passed, *[Status.NOT_APPLICABLE] * nothing)
    found = item(Status.PASS, manual=False, attest="", checks=checks)
    assert stands(found) == (expected, reason)
    assert stands(found, said())[0] is Standing.ATTESTED


def test_a_check_that_passed_of_one_subject_passed() -> None:
    one = [{"check": "iam.c", "status": s, "reason": "so"} for s in ("NOT_APPLICABLE", "PASS", "PASS")]
    procedure = {"name": "p", "status": "NOT_APPLICABLE", "reason": "so"}
    found = item(Status.PASS, manual=False, checks=tuple(one), procedures=(procedure,))
    assert stands(found) == (Standing.MET, "1 passed, 1 not applicable")


def test_evidence_that_is_not_there_yet_is_nothing_to_praise(tmp_path: Path) -> None:
    found = PROCEDURES["evidence-intact"](Snapshot("1" * 12, lambda name: None, now=NOW), Ledger(tmp_path))
    assert found.status is Status.NOT_APPLICABLE


def test_built_in_checklists_ask_for_what_there_is_and_every_domain_asks_something() -> None:
    for id in built_in():
        found = load(id, checks())
        assert found.id == id
        assert all(domain.items for domain in found.domains)
        assert len(found.items) > 40


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("checks: [iam.moon]", "no such check"),
        ("procedures: [moon]", "no such procedure"),
        ("sample: {of: moons, size: 1, ask: a}", "no such population"),
        ("valid_days: 400", "asks for nothing"),
        ("attest: a\n        valid_days: 400", "1 to 366 days"),
        ("attest: a\n        moon: 1", "cannot be read"),
    ],
)
def test_a_checklist_that_asks_for_what_there_is_not_is_refused(tmp_path: Path, change: str, why: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(
        "id: own\ntitle: t\nversion: '1'\nnote: n\ndomains:\n  - id: a\n    title: A\n    items:\n"
        f"      - id: a.one\n        question: q\n        examined: e\n        {change}\n"
    )
    with pytest.raises(ChecklistError, match=why):
        load(str(file), checks())


def test_a_checklist_that_is_not_there_is_said_in_words() -> None:
    with pytest.raises(ChecklistError, match=r"^The checklist /nope.yaml cannot be read: No such file or directory$"):
        load("/nope.yaml", checks())


def test_a_sample_is_the_same_for_everybody_and_another_in_another_quarter() -> None:
    user = {"CreateDate": "2026-01-01", "Path": "/"}
    names = [f"u{n}" for n in range(40)]

    def account(*left_out: str) -> Snapshot:
        users = [{**user, "Arn": f"arn:aws:iam::1:user/{n}"} for n in names if n not in left_out]
        told = {"UserDetailList": users, "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
        return Snapshot("1" * 12, lambda name: told, now=NOW)

    drawn = draw("users", account(), 5, quarter(NOW))
    assert (drawn.size, len(drawn.members), drawn.period) == (40, 5, "2027Q1")
    assert draw("users", account(), 5, "2027Q1") == drawn
    assert draw("users", account(), 5, "2027Q2").members != drawn.members
    # Whoever was not drawn changes nothing by leaving.
    chosen = {member[0].rpartition("/")[2] for member in drawn.members}
    other = next(name for name in names if name not in chosen)
    assert draw("users", account(other), 5, "2027Q1").members == drawn.members
    assert set(POPULATIONS) == {"accounts", "keys", "load-balancers", "roles", "users", "web-acls"}
