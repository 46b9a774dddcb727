"""What a lab's accounts are, and that they are gone afterwards; learners do not meet."""

from __future__ import annotations

import threading

import pytest

from garrison.labs import Attempt, LabError, Room, lab, labs, progress
from garrison.labs.bench import MAIN
from garrison.labs.signing_in import password_suffices
from tests.clients.server import Server
from tests.labs.solutions import scripts
from tests.labs.solutions.script import Learner

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("labs")]


def _open(server: Server) -> set[str]:
    return {a["id"] for a in server.admin("GET", "/_garrison/accounts")[1]["accounts"] if a["status"] == "ACTIVE"}


def _learner(room: Room, server: Server, attempt: Attempt) -> Learner:
    return Learner(server, attempt, room.attempts.evidence(attempt.learner, attempt.lab))


def test_learners_have_accounts_of_their_own_and_one_s_work_is_not_another_s(room: Room, server: Server) -> None:
    before = _open(server)
    started = {}

    def start(name: str) -> None:
        started[name] = room.start(lab(6), name)[0]

    threads = [threading.Thread(target=start, args=(name,)) for name in ("ana", "ben", "cem")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    accounts = {attempt.accounts[MAIN] for attempt in started.values()}
    assert len(accounts) == 3
    assert _open(server) == before | accounts
    scripts()[6].steps["rotation"](_learner(room, server, started["ana"]))
    assert [v.done for v in room.check(lab(6), "ana").verdicts] == [True, False, False, False]
    assert not any(v.done for v in room.check(lab(6), "ben").verdicts)
    told = {p.learner: p for p in progress(server.data, labs()) if p.number == 6 and p.learner in started}
    assert [(p.done, p.checks) for _, p in sorted(told.items())] == [(1, 1), (0, 1), (0, 0)]
    assert told["ana"].steps[0].first_done is not None
    for name in started:
        room.stop(lab(6), name)
    assert _open(server) == before


def test_starting_again_leaves_the_work_as_it_is_and_a_reset_does_not(room: Room, server: Server) -> None:
    first, new = room.start(lab(2), "dora")
    assert new
    again, new = room.start(lab(2), "dora")
    assert not new
    assert again.accounts == first.accounts
    scripts()[2].steps["decrypt"](_learner(room, server, first))
    assert room.check(lab(2), "dora").verdicts[0].done
    fresh = room.reset(lab(2), "dora")
    assert fresh.accounts != first.accounts
    assert not room.check(lab(2), "dora").verdicts[0].done
    room.stop(lab(2), "dora")


def test_a_stopped_lab_s_credentials_are_worth_nothing_and_its_progress_stays(room: Room, server: Server) -> None:
    attempt, _ = room.start(lab(1), "emil")
    # The lab begins with a root user who signs in by password alone: that is what there is to mend.
    assert password_suffices(server.data, attempt.accounts[MAIN], attempt.facts["root_password"])
    assert not password_suffices(server.data, attempt.accounts[MAIN], "Not-the-password-1")
    learner = _learner(room, server, attempt)
    for act in scripts()[1].steps.values():
        act(learner)
    assert room.check(lab(1), "emil").done
    sts = learner.client("sts")
    room.stop(lab(1), "emil")
    with pytest.raises(sts.exceptions.ClientError):
        sts.get_caller_identity()
    (told,) = progress(server.data, labs(), "emil")
    assert (told.state, told.running, told.done, told.accounts) == ("finished", False, 3, {})
    with pytest.raises(LabError, match="stopped"):
        room.check(lab(1), "emil")
    assert "secret" not in repr(told).lower()


def test_an_organization_of_a_lab_is_closed_with_its_members(room: Room, server: Server) -> None:
    before = _open(server)
    attempt, _ = room.start(lab(4), "fay")
    assert _open(server) - before == set(attempt.accounts.values())
    assert len(attempt.accounts) == 4
    room.stop(lab(4), "fay")
    assert _open(server) == before


def test_the_first_account_is_not_closed(server: Server) -> None:
    first = next(a["id"] for a in server.admin("GET", "/_garrison/accounts")[1]["accounts"] if a["name"] == "first")
    assert server.admin("POST", "/_garrison/accounts/close", {"account": first})[0] == 409
    assert server.admin("POST", "/_garrison/accounts/close", {"account": "999999999999"})[0] == 404


def test_a_lab_nobody_started_is_said_to_be_so(room: Room) -> None:
    with pytest.raises(LabError, match="garrison lab start 2"):
        room.check(lab(2), "nobody")


def test_what_was_made_before_a_start_was_cut_short_is_closed_by_the_next(
    room: Room, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """What a process meets that is stopped in the middle."""

    def die(*arguments: object, **options: object) -> None:
        raise Killed

    before = _open(server)
    with monkeypatch.context() as patched:
        patched.setattr("garrison.labs.bench.Bench.make_user", die)
        with pytest.raises(Killed):
            room.start(lab(2), "kai")
    (left,) = _open(server) - before
    with pytest.raises(LabError, match="not made to its end"):
        room.check(lab(2), "kai")
    attempt, new = room.start(lab(2), "kai")
    assert new
    assert _open(server) - before == set(attempt.accounts.values()) != {left}
    room.stop(lab(2), "kai")
    assert _open(server) == before
