"""Workers count together, and what one has used up is used up for all."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from garrison.edge.inspection.shared import SharedCounters, SharedOnce
from garrison.waf.counters import MemoryCounters
from tests.clients.server import Server
from tests.edge.application import Application
from tests.edge.clients import Balancer, curl, edge_ports, forward, until_answer
from tests.edge.waf import WebAcl, match, rule


def test_two_workers_count_as_one_would(tmp_path: Path) -> None:
    workers = [SharedCounters(tmp_path / "s.db"), SharedCounters(tmp_path / "s.db")]
    alone = MemoryCounters()
    for step in range(60):
        now = 1000.0 + 2.5 * step
        for key in (b"a", b"b")[: 1 + step % 2]:
            expected = alone.add(b"rule", key, now, 60)
            assert workers[step % 2].add(b"rule", key, now, 60) == expected
        assert workers[step % 2].total(b"rule", b"b", now, 60) == alone.total(b"rule", b"b", now, 60)
    assert workers[0].limited(b"rule", now, 12, 60) == alone.limited(b"rule", now, 12, 60)
    assert workers[1].was_limited(b"rule", b"a", now, 12, 60) == alone.was_limited(b"rule", b"a", now, 12, 60)
    assert not workers[1].total(b"other", b"a", now, 60)


def test_a_mark_is_used_once_by_all_of_them(tmp_path: Path) -> None:
    one, two = SharedOnce(tmp_path / "s.db"), SharedOnce(tmp_path / "s.db")
    assert one.first(b"mark", 1060.0, 1000.0)
    assert not two.first(b"mark", 1060.0, 1001.0)
    assert two.first(b"mark", 1300.0, 1200.0)  # it was forgotten


def test_a_file_that_does_not_answer_counts_for_each_and_lets_nothing_be_used(tmp_path: Path) -> None:
    counters, once = SharedCounters(tmp_path / "s.db"), SharedOnce(tmp_path / "s.db")
    holding = sqlite3.connect(tmp_path / "s.db", isolation_level=None)
    holding.execute("BEGIN IMMEDIATE")
    assert [counters.add(b"rule", b"a", 1000.0, 60) for _ in range(2)] == [1, 2]
    assert not once.first(b"mark", 1060.0, 1000.0)
    holding.close()


@pytest.mark.client
def test_a_limit_is_the_limit_of_all_workers_together(tmp_path: Path) -> None:
    with (
        Server(tmp_path / "data", "--edge", "envoy", "--edge-ports", edge_ports(), "--edge-workers", "3") as server,
        Application("app") as application,
    ):
        web = Balancer(server, "web")
        _, url = web.listen(80, forward(web.group("app", application.port)))
        at = match({"UriPath": {}}, "/limited", "STARTS_WITH")
        rate = {"Limit": 20, "EvaluationWindowSec": 60, "AggregateKeyType": "IP", "ScopeDownStatement": at}
        acl = WebAcl(
            server, "rate", rule("rate", 1, {"RateBasedStatement": rate}), rule("no", 2, match({"UriPath": {}}, "/no"))
        )
        acl.protect(web.arn)
        until_answer(lambda answer: answer.status == 403, url + "/no", seconds=40)
        statuses = [curl(url + "/limited").status for _ in range(26)]
        assert statuses == [200] * 20 + [403] * 6
