"""Small parts of the compliance centre's pages."""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from joserfc.jwk import ECKey

from garrison.access.call import HttpRequest
from garrison.centre.app import Centre, safe
from garrison.centre.calls import Away, Calls, Refusal, Tried, together
from garrison.centre.drawing import bar, trend
from garrison.centre.entry import Entry, Let
from garrison.centre.people import People, Person
from garrison.centre.routes import POSTED, page_for
from garrison.centre.serving import NotLoopback, listen
from garrison.centre.templates import ago, percent, rendered, short
from garrison.centre.visit import Visit
from garrison.checks.probe import Keys
from garrison.cli.compliance_centre import compliance_centre
from tests.clients.server import free_port


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "", "/a\\b", "/a\nb", "/" + "a" * 4000],
)
def test_nobody_is_sent_elsewhere_after_signing_in(target: str) -> None:
    assert safe(target) == "/"


def test_pages_are_found_by_whole_paths() -> None:
    assert safe("/frameworks/soc2?status=GAP") == "/frameworks/soc2?status=GAP"
    for path in ("/", "/frameworks/cis-aws-foundations-5.0", "/checks/iam.root-mfa", "/audit/governance.policy"):
        assert page_for(path) is not None
    for path in ("//", "/frameworks/a/b", "/frameworks/%2e%2e", "/evidence/xyz", "/checks/", "/assess", "/nothing"):
        assert page_for(path) is None
    assert all(path.startswith("/") for path in POSTED)


def test_pictures_are_told_in_words_and_escape_what_they_are_given() -> None:
    drawn = bar({"GAP": 3, "SATISFIED": 1})
    assert 'aria-label="3 gap, 1 satisfied"' in drawn
    widths = [float(w) for w in re.findall(r'width="([0-9.]+)"', drawn)]
    assert widths == [180.0, 60.0]
    assert 'aria-label="none"' in bar({})
    point = {"when": "2026-11-28T<b>", "failures": {"critical": 1, "high": 0, "medium": 2, "low": 0}}
    assert "<b>" not in trend([point, point])
    assert "<svg" in trend([])


def test_nothing_is_rounded_up_and_ages_are_words() -> None:
    assert (percent(199, 200), percent(0, 0)) == (99, 0)
    assert ago("1970-01-01T00:00:00+00:00", 59) == "59 seconds ago"
    assert ago("1970-01-01T00:00:00+00:00", 3 * 86400 + 5) == "3 days ago"
    assert short("arn:aws:iam::123456789012:user/ana") == "user/ana"
    assert short("anything") == "anything"
    assert "&lt;i&gt;" in rendered("plain.html", title="<i>", text="x")


def test_several_are_asked_at_once_and_a_refusal_spoils_no_other() -> None:
    meeting = threading.Barrier(2, timeout=30)

    def refuse() -> None:
        meeting.wait()
        raise Refusal("a:B", "AccessDenied", "no")

    found = together(one=lambda: meeting.wait() is not None, other=refuse)
    assert found["one"].value is True
    assert found["other"].refusal is not None
    assert found["other"].refusal.denied


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.com"])
def test_it_listens_for_its_own_machine_alone(host: str) -> None:
    with pytest.raises(NotLoopback, match="no loopback address"):
        listen(host, 0)


def test_a_garrison_that_is_away_is_said_to_be() -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    entry = Entry(url, url, "http://127.0.0.1:1")
    with pytest.raises(Away):
        entry.redeem(entry.seek("visit", "/"), "code")
    people = People(entry, url, "us-east-1")
    let = Let("AKIAEXAMPLE", "secret", "token", time.time() + 900, "refresh")
    person = Person("arn:aws:iam::123456789012:user/ana", "123456789012", ECKey.generate_key("P-256"), let, time.time())
    people.who = lambda cookie: person  # type: ignore[method-assign]
    centre = Centre(people, "http://127.0.0.1:1", frozenset({"127.0.0.1"}))
    request = HttpRequest("GET", "/checks", "", (("host", "127.0.0.1:1"),), b"", "127.0.0.1")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(centre.answer, [request] * 4))
    assert {one.status for one in answers} == {503}
    assert b"Garrison does not answer" in answers[0].body
    # Nobody is sent to sign in where nothing listens.
    signin = HttpRequest("GET", "/signin", "", (("host", "127.0.0.1:1"),), b"", "127.0.0.1")
    assert centre.answer(signin).status == 503


def test_without_a_garrison_the_command_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GARRISON_DATA", str(tmp_path))
    done = CliRunner().invoke(compliance_centre, ["serve"])
    assert done.exit_code == 4
    assert "garrison up --detach" in done.output


@pytest.mark.parametrize(("hours", "stale"), [(23, False), (25, True)])
def test_an_old_assessment_is_said_to_tell_the_present_no_more(hours: int, stale: bool) -> None:
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    told = {
        "assessment": {"finishedAt": begun.isoformat(), "assessmentId": "abc", "checks": 1, "accounts": ["1"]},
        "evidence": {"intact": True, "records": 1, "problems": []}, "running": False,
        "now": (begun + timedelta(hours=hours)).isoformat(),
    }  # fmt: skip
    let = Let("AKIAEXAMPLE", "secret", "token", time.time() + 900, "refresh")
    person = Person("arn:aws:iam::123456789012:user/ana", "123456789012", ECKey.generate_key("P-256"), let, time.time())
    request = HttpRequest("GET", "/nothing", "", (), b"", "127.0.0.1")
    visit = Visit(request, person, Calls("http://127.0.0.1:1", "us-east-1", Keys("a", "b")), {})
    visit.standing = Tried(told)
    assert visit.stale is stale
    page = visit.page("nothing.html").body.decode()
    assert ("too long ago to tell the present" in page) is stale
    assert ("1 day ago" if stale else "23 hours ago") in page
