"""Custom detection rules of the operator's own, over calls and requests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from garrison.detect.baseline.memory import Remembered
from garrison.detect.custom import Engine, own_rules, run_windows
from garrison.detect.custom.own import BadRule, read_rule
from garrison.detect.detection import Detection
from garrison.detect.events import Event, WebRequest
from garrison.detect.surroundings import Surroundings
from tests.clients.estate import own_rules as of_the_guide
from tests.detect.making import api
from tests.detect.network import SmallTables

ACL = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/shop/1"
START = 1_700_000_400.0
HEAD = "-- type: Impact:Web/Defacement\n-- severity: 6\n"


class Tables(SmallTables):
    """`Spanned`, of everything there is."""

    def between(self, first: float, now: float) -> Tables:
        return self


def request(n: int, source: str = "198.51.100.7", action: str = "BLOCK", path: str = "") -> WebRequest:
    return WebRequest(
        id=f"{source}/{n}", time=START + n, account="111122223333", region="eu-central-1", resource=ACL, source=source,
        method="GET", host="shop", path=path or f"/?q={n}", user_agent="x", status=403, action=action,
    )  # fmt: skip


@pytest.fixture
def shown(tmp_path: Path) -> Path:
    """The guide's rules."""
    of_the_guide(tmp_path / "rules")
    return tmp_path / "rules"


def said(folder: Path, events: Sequence[Event]) -> list[Detection]:
    engine = Engine()
    wanted = own_rules(folder).values()
    context = Surroundings(Remembered())
    found = run_windows(engine, wanted, Tables(events), START, START + 600, frozenset({"api", "web"}), context)
    engine.close()
    return found


def test_many_blocked_requests_of_one_client_are_one_occurrence(shown: Path) -> None:
    some = [request(n) for n in range(12)]
    other = [request(n, "203.0.113.9", path="/same") for n in range(30)]
    fine = [request(n, "192.0.2.1", "ALLOW") for n in range(30)]
    [one] = said(shown, [*some, *other, *fine])
    assert (one.rule, one.type, one.severity) == ("waf-probing", "InitialAccess:WAF/ExploitPublicFacingApplication", 5)
    assert one.title == "198.51.100.7 tries to get past a web ACL"
    assert one.additional["matches"] == 12
    assert one.action["networkConnectionAction"]["blocked"]
    [more] = said(shown, [*some, request(100), *other])
    assert (more.occurrence, more.additional["matches"]) == (one.occurrence, 13)
    assert said(shown, some[:9]) == []


def test_guessed_passwords_and_a_device_turned_off_are_found(shown: Path) -> None:
    shared: dict[str, Any] = {"eventTime": "2023-11-14T22:20:00Z", "identity": {"userName": "morgan"}}
    shared |= {"awsRegion": "eu-west-1", "sourceIPAddress": "198.51.100.7", "recipientAccountId": "111122223333"}
    guesses = [api("signin", "ConsoleLogin", response={"ConsoleLogin": "Failure"}, **shared) for _ in range(10)]
    off = api("iam", "DeactivateMFADevice", {"userName": "somebody", "serialNumber": "x"}, **shared)
    assert {one.rule for one in said(shown, [*guesses, off])} == {"password-guessing", "mfa-turned-off"}
    own = api("iam", "DeactivateMFADevice", {"userName": "morgan"}, **shared)
    assert said(shown, [*guesses[:9], own]) == []


def test_a_rule_that_fails_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "fails.sql").write_text(HEAD + "SELECT nothing AS eventID FROM web")
    (tmp_path / "steals.sql").write_text(HEAD + "SELECT content AS eventID FROM read_text('/etc/hostname'), web")
    (tmp_path / "works.sql").write_text(HEAD + "SELECT eventID FROM web")
    assert {one.rule for one in said(tmp_path, [request(1)])} == {"works"}


def test_a_file_that_is_no_rule_is_told_of_and_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "good-one.sql").write_text(HEAD + "SELECT eventID FROM web")
    (tmp_path / "bad-one.sql").write_text("SELECT eventID FROM web")
    (tmp_path / "unreadable.sql").write_bytes(b"\xff")
    for _ in range(2):
        assert list(own_rules(tmp_path)) == ["good-one"]
    assert [record.message.count("is no detection rule") for record in caplog.records] == [1, 1]
    (tmp_path / "bad-one.sql").write_text(HEAD + "SELECT eventID FROM web WHERE true")
    assert set(own_rules(tmp_path)) == {"good-one", "bad-one"}
    assert own_rules(None) == {}
    assert own_rules(tmp_path / "none") == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ec2-user-data-modified", HEAD + "SELECT 1"),
        ("Capital", HEAD + "SELECT 1"),
        ("rule", "-- type: nonsense\nSELECT 1"),
        ("rule", HEAD.replace("6", "11") + "SELECT 1"),
        ("rule", HEAD.replace("6", "high") + "SELECT 1"),
        ("rule", HEAD),
        ("rule", HEAD + "SELECT " + "1" * 5000),
    ],
)
def test_what_a_rule_must_have(name: str, text: str) -> None:
    with pytest.raises(BadRule):
        read_rule(name, text)
