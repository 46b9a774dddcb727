"""Throw-away users of behavioural checks are gone however the run ends, and what was left is swept."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from garrison.checks.collect.probe import AwsProbe
from garrison.checks.probe import Answer, Keys
from garrison.cli.main import cli
from tests.checks.worlds import client
from tests.clients.server import Server

pytestmark = pytest.mark.xdist_group("probe-users")

MAY = {"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"}
PLACES = ("CreateUser", "PutUserPolicy", "CreateAccessKey", "GetCallerIdentity", "DeleteAccessKey", "DeleteUser")


class Interrupted(AwsProbe):
    """Signals come before and after one operation."""

    number = signal.SIGINT
    place = ""

    def call(
        self,
        service: str,
        operation: str,
        params: Mapping[str, Any] | None = None,
        *,
        keys: Keys | None,
        region: str | None = None,
    ) -> Answer:
        if operation == self.place:
            signal.raise_signal(self.number)
        answer = super().call(service, operation, params, keys=keys, region=region)
        if operation == self.place:
            signal.raise_signal(self.number)
        return answer


class Account:
    """One account, and the throw-away users in it."""

    def __init__(self, server: Server) -> None:
        self.url = server.url
        self.id, root = server.new_account("probed")
        self.keys = Keys(root.access_key_id, root.secret_access_key)
        self.iam = client(server.url, "iam", root)

    def left(self) -> list[str]:
        return [user["UserName"] for user in self.iam.list_users()["Users"] if "probe" in user["UserName"]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("probe-users") / "data") as server:
        yield server


@pytest.fixture(autouse=True)
def ctrl_c_interrupts() -> Iterator[None]:
    """What runs these tests may ignore it, as shells have it for what they run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module")
def account(server: Server) -> Account:
    return Account(server)


@pytest.mark.parametrize("place", [*PLACES, "in the check"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_wherever_a_signal_comes(account: Account, number: signal.Signals, place: str) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    probe = Interrupted(account.id, account.url, "us-east-1", account.keys)
    assert probe.own == account.keys  # asked for now: the place is in the sequence that follows
    probe.number, probe.place = number, place

    def check() -> None:
        with probe.user([MAY]) as person:
            assert account.left() == [person.name]
            if place == "in the check":
                signal.raise_signal(number)

    with pytest.raises(KeyboardInterrupt if number is signal.SIGINT else SystemExit):
        check()
    assert account.left() == []
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_what_was_left_is_swept_and_said_but_not_what_is_new_or_another_s(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    iam, left = account.iam, "garrison-probe-0123456789ab"
    iam.create_user(UserName=left, Path="/garrison-probe/")
    iam.create_access_key(UserName=left)
    iam.put_user_policy(
        UserName=left,
        PolicyName="probe",
        PolicyDocument='{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}',
    )
    iam.create_user(UserName="garrison-probe-of-somebody")
    iam.create_user(UserName="probe", Path="/garrison-probe/")
    try:
        for later, kept in ((0, True), (600, False)):
            caplog.clear()
            probe = AwsProbe(account.id, account.url, "us-east-1", account.keys, now=time.time() + later)
            with caplog.at_level(logging.WARNING, "garrison.checks"), probe.user(), probe.user():
                pass
            assert (left in account.left()) is kept
            assert [left in record.getMessage() for record in caplog.records] == ([] if kept else [True])
        assert sorted(account.left()) == ["garrison-probe-of-somebody", "probe"]
    finally:
        for name in ("garrison-probe-of-somebody", "probe"):
            iam.delete_user(UserName=name)


@pytest.mark.parametrize("command", [("assess", "run"), ("audit", "run"), ("assess", "collect")])
def test_a_region_that_is_none_is_refused_and_nothing_recorded(tmp_path: Path, command: tuple[str, str]) -> None:
    kept = () if command[1] == "collect" else ("--evidence", str(tmp_path / "evidence"))
    done = CliRunner().invoke(cli, [*command, "--region", "us-east-1", "--region", "nowhere-1", *kept])
    assert done.exit_code == 2
    assert "nowhere-1 is no AWS region" in done.output
    assert not (tmp_path / "evidence").exists()
