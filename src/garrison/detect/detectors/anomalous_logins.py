"""Sign-ins that are unlike those before: of database users, and of one person in two countries.

Source: GuardDuty user guide, "RDS Protection finding types" and `ConsoleLoginSuccess.B`.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from garrison.detect.baseline.callers import country, network
from garrison.detect.baseline.learning import watched
from garrison.detect.baseline.rarity import attend, far_above, learn, rarity, suspect, with_anomaly
from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall, DatabaseLogin
from garrison.detect.registry import on_event, on_window
from garrison.detect.saying import of_call, of_login
from garrison.detect.tables import Tables
from garrison.detect.windows import bucketed, threshold

_SUCCEEDED = "CredentialAccess:RDS/AnomalousBehavior.SuccessfulLogin"
_FAILED = "CredentialAccess:RDS/AnomalousBehavior.FailedLogin"
_CONSOLE = "UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B"
_NATS = 4.0
"""One in 50 of the sign-ins from a network that is new to their user."""
_FAILURES = 10


@on_event(DatabaseLogin, _SUCCEEDED)
def anomalous_login(login: DatabaseLogin, context: Context) -> Iterator[Detection]:
    """A user who always came from one network comes from another that nobody of the database comes from."""
    if not login.succeeded:
        return
    group = f"{login.account}|{login.database}"
    features = {
        "network": _network(context, login.source),
        "application": login.application,
    }
    learned = watched(context, login.account, "login", login.time)
    attend(context.memory, group, login.user, login.time)
    rare = rarity(context.memory, group, login.user, features, login.time)
    new = {f.kind for f in rare.features}
    if learned and "network" in new and rare.unusual(threshold(context, "anomalous.login_nats", _NATS), least=1):
        suspect(context.memory, group, login.user, rare, login.time)
        key = (login.database, login.user, features["network"])
        yield with_anomaly(of_login(_SUCCEEDED, login, context, key, failed=0, succeeded=1), rare, features, "user")
    else:
        learn(context.memory, group, login.user, features, login.time)


def _network(context: Context, address: str) -> str:
    """From where, of inside too: a VPC has one range of 16 bits or less, and tasks of a service are anywhere in it."""
    return network(context, address) or ".".join(address.split(".")[:2]) + ".0.0/16"


@on_window(_FAILED, reads=("login",), window=7200)
def anomalous_failures(tables: Tables, context: Context) -> Iterator[Detection]:
    """Failed sign-ins of an hour far above those of the database's other hours, from where no one signed in."""
    t = bucketed(tables, "login", 3600)
    found = t.group_by("account", "region", "database", "slot").agg(
        failed=t.succeeded.ifelse(0, 1).sum(), first=t.time.min(), last=t.time.max()
    )
    failed = t.filter(~t.succeeded)
    by_source = failed.group_by("account", "region", "database", "slot", "user", "source").agg(
        n=failed.count(),
        first=failed.time.min(),
        last=failed.time.max(),
        event=failed.id.max(),
        application=failed.application.max(),
    )
    hours = tables.rows(found.order_by("slot", "region"))
    unusual = {}
    for row in hours:
        watched(context, row["account"], "login", row["first"])
        scope = f"{row['account']}|failures|{row['database']}"
        z = context.memory.volume(scope, "failed", row["first"], row["failed"])
        if z > threshold(context, "failures.z", 5) and row["failed"] >= threshold(context, "failures.least", _FAILURES):
            unusual[row["account"], row["database"], row["slot"]] = z
    if not unusual:
        return
    for row in tables.rows(by_source):
        z = unusual.get((row["account"], row["database"], row["slot"]), 0.0)
        if not z or row["n"] < _FAILURES:
            continue
        source = _network(context, row["source"])
        group = f"{row['account']}|{row['database']}"
        if context.memory.known(f"{group}|by|{row['user']}", "network", source, row["first"]):
            continue
        last = DatabaseLogin(
            row["event"], row["last"], row["account"], row["region"], row["database"], row["user"],
            row["application"], row["source"], False,
        )  # fmt: skip
        one = of_login(
            _FAILED, last, context, (row["database"], row["user"], source), failed=row["n"], succeeded=0,
            first=row["first"], occurrence=f"{row['database']}/{row['user']}/{row['source']}/{row['slot']}",
        )  # fmt: skip
        yield msgspec.structs.replace(one, anomaly=far_above("user", "failedLogins", row["n"], z))


@on_event(ApiCall, _CONSOLE, names=["ConsoleLogin"])
def console_login_elsewhere(call: ApiCall, context: Context) -> Iterator[Detection]:
    """One user in two countries within an hour, of which at least one is new to the user. It needs a database of
    countries; how far apart they are no such database says."""
    response = call.response.get("ConsoleLogin")
    where = country(context, call.source_address)
    if call.source != "signin" or response != "Success" or not where:
        return
    memory, scope = context.memory, f"{call.account}|console|{call.principal}"
    usual = memory.known(scope, "country", where, call.time)
    hour = int(call.time // 3600)
    for each in (hour, hour + 1):  # what is seen in this hour is looked for in this one and the next
        memory.learn(f"{scope}|{each}", "country", where, call.time)
    if not usual and memory.count(f"{scope}|{hour}", "country") > 1:
        memory.quarantine(scope, "country", where, call.time)
        yield of_call(_CONSOLE, call, context, (call.principal,), additional={"country": where})
    else:
        memory.learn(scope, "country", where, call.time)
