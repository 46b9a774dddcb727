"""Every check fails in a real deployment where it must, and passes in one where it must."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from garrison import services
from garrison.assess.run import assess
from garrison.checks import CHECKS, load
from garrison.checks.check import Check, Result, Status
from garrison.checks.collect.endpoint import EndpointCollector
from garrison.checks.collect.live import LiveCollector
from garrison.checks.probe import Keys
from garrison.services.operation import OPERATIONS
from tests.checks import worlds
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


def live(
    server: Server, accounts: Iterable[str], keys: Credentials, *, later: float = 0.0, url: str = ""
) -> LiveCollector:
    def ask(method: str, path: str, body: object) -> object:
        status, answer = server.admin(method, path, body)
        assert status < 300, answer
        return answer

    own = Keys(keys.access_key_id, keys.secret_access_key)
    return LiveCollector(ask, url or server.url, "us-east-1", time.time() + later, own, list(accounts))


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    found = Seen()
    with ExitStack() as stack:
        server = stack.enter_context(Server(tmp_path_factory.mktemp("checks") / "data", "--edge", "embedded"))
        bad, good = worlds.bad(server), worlds.good(server)
        alone, alone_root = server.new_account("alone")
        paying, paying_root = server.new_account("paying")
        worlds.client(server.url, "organizations", paying_root).create_organization(FeatureSet="CONSOLIDATED_BILLING")
        every = CHECKS.values()
        reading = [check for check in every if not check.behavioural]
        recorded = [CHECKS[id] for id in ("cloudtrail.call-recorded", "cloudtrail.denial-recorded")]
        secrets = [CHECKS["cloudtrail.secrets-kept-out"]]
        bad_now = live(server, bad.accounts, bad.root)
        found.bad += assess(bad_now, every, act=True).results
        found.bad += assess(live(server, [bad.management], bad.root, later=200 * DAY), reading).results
        found.bad += assess(live(server, [alone, paying], alone_root), reading).results
        unsigned = [CHECKS["iam.unsigned-call"]]
        spoilings: list[tuple[Spoiling, list[Check]]] = [
            ("forgets", recorded), ("tells secrets", secrets), ("lets in", unsigned),
        ]  # fmt: skip
        for how, checks in spoilings:
            door = stack.enter_context(spoiled(server.url, how))
            through = live(server, [bad.management], bad.root, url=door)
            found.bad += assess(through, checks, act=True).results
        found.good += assess(live(server, good.accounts, good.root), every, act=True).results
        good.iam.delete_access_key(AccessKeyId=good.root.access_key_id)
        found.good += assess(live(server, [good.management], good.root, later=40 * DAY), reading).results
        _foreign(found, stack)
    return found


def _foreign(found: Seen, stack: ExitStack) -> None:
    keys = Keys("test", "test")
    for good in (False, True):
        url = stack.enter_context(moto())
        worlds.foreign(url, good=good)
        elsewhere = EndpointCollector(url, keys, ["us-east-1"], time.time())
        wanted = KEYS_AND_TRAILS if good else KEYS_AND_TRAILS | NOT_ENFORCED
        wanted |= {"kms.wrong-context"} if good else set()
        results = assess(elsewhere, [CHECKS[id] for id in sorted(wanted)], act=True).results
        (found.good if good else found.bad).extend(results)
    spoilings: list[tuple[Spoiling, str]] = [
        ("decrypts", "kms.wrong-context"),
        ("cannot deliver", "cloudtrail.delivery"),
        ("cannot deliver", "cloudtrail.digest-delivery"),
    ]
    for how, id in spoilings:
        door = stack.enter_context(spoiled(url, how))
        through = EndpointCollector(door, keys, ["us-east-1"], time.time())
        found.bad += assess(through, [CHECKS[id]], act=True).results


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
    if check == "kms.key-policy-binds" and ("kms", "CreateKey") not in OPERATIONS:
        pytest.skip("Garrison has no KMS yet, and moto's lets everybody in")
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
