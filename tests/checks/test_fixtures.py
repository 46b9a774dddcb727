"""Every check fails in a real deployment where it must, and passes in one where it must."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pytest

from garrison import services
from garrison.assess.run import assess
from garrison.checks import CHECKS, load
from garrison.checks.check import Check, Result, Status
from garrison.checks.collect.collector import Collector
from garrison.checks.collect.endpoint import EndpointCollector
from garrison.checks.collect.live import LiveCollector
from garrison.checks.probe import Keys
from tests.checks import mutants, worlds
from tests.checks.spoiling_proxy import Spoiling, spoiled
from tests.clients.house import moto
from tests.clients.server import Credentials, Server

services.load()
pytestmark = [pytest.mark.client, pytest.mark.xdist_group("fixtures")]
load()
DAY = 86400.0

NOT_ENFORCED = {
    "iam.forged-signature", "iam.unknown-key", "iam.new-user", "iam.deny-wins",
    "iam.boundary-binds", "iam.inactive-key",
    "kms.key-policy-binds",
}  # fmt: skip
"""What fails where nothing is enforced: on a moto_server."""
KEYS_AND_TRAILS = {id for id in CHECKS if id.startswith(("kms.", "cloudtrail.")) and not CHECKS[id].behavioural} - {
    "kms.decrypt-everything"
}  # fmt: skip


@dataclass
class Seen:
    """What came of every check, in worlds where it should fail and where it should pass."""

    bad: list[Result] = field(default_factory=list)
    good: list[Result] = field(default_factory=list)


class Asking(NamedTuple):
    """Checks asked of deployments in which they should fail, or pass."""

    good: bool
    collector: Collector
    checks: tuple[str, ...]
    act: bool = False


def live(
    server: Server, accounts: Iterable[str], keys: Credentials, *, later: float = 0.0, url: str = ""
) -> LiveCollector:
    def ask(method: str, path: str, body: object) -> object:
        status, answer = server.admin(method, path, body)
        assert status < 300, answer
        return answer

    own = Keys(keys.access_key_id, keys.secret_access_key)
    return LiveCollector(ask, url or server.url, "us-east-1", time.time() + later, own, list(accounts))


def askings(place: Path, stack: ExitStack) -> Iterator[Asking]:
    """Every deployment, one after the other. What a check does there may come before the next is made."""
    server = stack.enter_context(Server(place / "data", "--edge", "embedded"))
    bad, good = worlds.bad(server), worlds.good(server)
    alone, alone_root = server.new_account("alone")
    paying, paying_root = server.new_account("paying")
    worlds.client(server.url, "organizations", paying_root).create_organization(FeatureSet="CONSOLIDATED_BILLING")
    every = tuple(CHECKS)
    reading = tuple(id for id, check in CHECKS.items() if not check.behavioural)
    yield Asking(False, live(server, bad.accounts, bad.root), every, act=True)
    yield Asking(False, live(server, [bad.management], bad.root, later=200 * DAY), reading)
    yield Asking(False, live(server, [alone, paying], alone_root), reading)
    spoilings: list[tuple[Spoiling, tuple[str, ...]]] = [
        ("forgets", ("cloudtrail.call-recorded", "cloudtrail.denial-recorded")),
        ("tells secrets", ("cloudtrail.secrets-kept-out",)),
        ("lets in", ("iam.unsigned-call",)),
    ]
    for how, checks in spoilings:
        door = stack.enter_context(spoiled(server.url, how))
        yield Asking(False, live(server, [bad.management], bad.root, url=door), checks, act=True)
    yield Asking(True, live(server, good.accounts, good.root), every, act=True)
    good.iam.delete_access_key(AccessKeyId=good.root.access_key_id)
    yield Asking(True, live(server, [good.management], good.root, later=40 * DAY), reading)
    yield from _foreign(stack)


def _foreign(stack: ExitStack) -> Iterator[Asking]:
    keys = Keys("test", "test")
    for good in (False, True):
        url = stack.enter_context(moto())
        worlds.foreign(url, good=good)
        wanted = KEYS_AND_TRAILS | ({"kms.wrong-context"} if good else NOT_ENFORCED)
        elsewhere = EndpointCollector(url, keys, ["us-east-1"], time.time())
        yield Asking(good, elsewhere, tuple(sorted(wanted)), act=True)
    spoilings: list[tuple[Spoiling, str]] = [
        ("decrypts", "kms.wrong-context"),
        ("cannot deliver", "cloudtrail.delivery"),
        ("cannot deliver", "cloudtrail.digest-delivery"),
    ]
    for how, id in spoilings:
        door = stack.enter_context(spoiled(url, how))
        yield Asking(False, EndpointCollector(door, keys, ["us-east-1"], time.time()), (id,), act=True)


def asked(askings: Iterable[Asking], checks: Mapping[str, Check]) -> Iterator[tuple[Asking, list[Result]]]:
    """What came of each."""
    for one in askings:
        yield one, list(assess(one.collector, [checks[id] for id in one.checks], act=one.act).results)


def sorted_by(results: Iterable[tuple[Asking, list[Result]]]) -> Seen:
    found = Seen()
    for one, several in results:
        (found.good if one.good else found.bad).extend(several)
    return found


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[Asking, list[Result]]]]:
    with ExitStack() as stack:
        yield list(asked(askings(tmp_path_factory.mktemp("checks"), stack), CHECKS))


@pytest.fixture(scope="module")
def seen(everything: list[tuple[Asking, list[Result]]]) -> Seen:
    return sorted_by(everything)


def of(results: list[Result], check: str, status: Status) -> list[Result]:
    return [r for r in results if r.check == check and r.status is status]


@pytest.mark.parametrize("check", CHECKS)
def test_it_fails_where_it_must(seen: Seen, check: str) -> None:
    failing = of(seen.bad, check, Status.FAIL)
    assert failing, [(r.status, r.outcome.reason) for r in seen.bad if r.check == check]
    for result in failing:
        assert result.outcome.reason
        assert result.outcome.subject.startswith(("arn:", "o-"))
        if result.outcome.fix is not None:
            assert result.outcome.fix.account
            assert result.outcome.fix.commands or result.outcome.fix.note


@pytest.mark.parametrize("check", CHECKS)
def test_it_passes_where_it_must(seen: Seen, check: str) -> None:
    assert of(seen.good, check, Status.PASS), [(r.status, r.outcome.reason) for r in seen.good if r.check == check]


def test_nothing_is_left_of_what_checks_made(seen: Seen) -> None:
    left = [r for r in (*seen.bad, *seen.good) if "garrison-probe" in r.outcome.subject]
    assert left == []


def test_paths_to_administration_are_told_step_by_step(seen: Seen) -> None:
    paths = {r.outcome.subject.rpartition("/")[2]: r.outcome.observed["path"] for r in seen.bad
             if r.check == "iam.privilege-escalation" and r.status is Status.FAIL}  # fmt: skip
    assert set(paths) == {"eve", "mallory", "frank"} | (set(paths) & {"open"})
    assert "iam:CreateAccessKey" in paths["eve"][0]
    assert ["CreateLoginProfile" in paths["mallory"][0], "CreateAccessKey" in paths["mallory"][1]] == [True, True]
    assert "iam:PassRole" in paths["frank"][0]


@pytest.mark.parametrize("how", mutants.MODES)
def test_a_check_that_does_nothing_of_its_own_is_noticed(
    everything: list[tuple[Asking, list[Result]]], how: mutants.Mode
) -> None:
    assert survivors([one for one, _ in everything], how) == []


def survivors(there: list[Asking], how: mutants.Mode) -> list[str]:
    """Checks whose implementation can be replaced without one of their two tests noticing."""
    seen = sorted_by(asked(there, {id: mutants.mutated(check, how) for id, check in CHECKS.items()}))
    return [
        check for check in CHECKS
        if not any(noticed(test, seen, check) for test in (test_it_fails_where_it_must, test_it_passes_where_it_must))
    ]  # fmt: skip


def noticed(test: Callable[[Seen, str], None], seen: Seen, check: str) -> bool:
    try:
        test(seen, check)
    except AssertionError:
        return True
    return False
