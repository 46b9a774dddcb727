"""A password of a database is guessed until one fits.

Logic: specification 2, `CredentialAccess:RDS/AnomalousBehavior.SuccessfulBruteForce`: twenty failures
(`rds.bruteforce_failures`) of one user of one database, then a success from the same network (/24 of IPv4, the
address of IPv6) within the hour. Two series of hours, half an hour apart, see every such hour at least for half of
it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import DatabaseLogin
from garrison.detect.registry import on_window
from garrison.detect.saying import of_login
from garrison.detect.tables import Tables

TYPE = "CredentialAccess:RDS/AnomalousBehavior.SuccessfulBruteForce"
HOUR = 3600
FAILURES = 20
_KEYS = ["account", "region", "database", "user", "network", "hour"]


@on_window(TYPE, reads=("login",), window=2 * HOUR)
def brute_force(tables: Tables, context: Context) -> Iterable[Detection]:
    least = int(context.settings.get("rds.bruteforce_failures", FAILURES))
    told = set()
    for shift in (0, HOUR // 2):
        for row in _guessed(tables, shift, least):
            if row["id"] not in told:
                told.add(row["id"])
                yield _said(row, context)


def _guessed(tables: Tables, shift: int, least: int) -> Iterator[dict[str, Any]]:
    import ibis

    rows = tables.table("login")
    rows = rows.mutate(
        hour=((rows.time + shift) / HOUR).floor(),
        network=ibis.ifelse(
            rows.source.re_search(r"^\d+\.\d+\.\d+\.\d+$"),
            rows.source.re_extract(r"^\d+\.\d+\.\d+\.", 0) + "0",
            rows.source,
        ),
    )
    fit = rows.filter(rows.succeeded)
    latest = ibis.row_number().over(group_by=_KEYS, order_by=[fit.time.desc(), fit.id.desc()])
    fit = fit.mutate(nth=latest).filter(lambda t: t.nth == 0)
    fit = fit.select(*_KEYS, "id", "source", "application", last=fit.time)
    failed = rows.filter(~rows.succeeded).select(*_KEYS, "time")
    both = failed.inner_join(fit, _KEYS)
    both = both.filter(both.time <= both.last)
    found = both.group_by([*_KEYS, "last", "id", "source", "application"]).agg(
        failures=both.time.count(), first=both.time.min()
    )
    yield from tables.rows(found.filter(found.failures >= least))


def _said(row: dict[str, Any], context: Context) -> Detection:
    login = DatabaseLogin(
        id=row["id"], time=row["last"], account=row["account"], region=row["region"], database=row["database"],
        user=row["user"], application=row["application"] or "", source=row["source"], succeeded=True,
    )  # fmt: skip
    key = (login.database, login.user, row["network"])
    return of_login(TYPE, login, context, key, failed=int(row["failures"]), succeeded=1, first=row["first"])
