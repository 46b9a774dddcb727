"""A key that was switched off is refused."""

from __future__ import annotations

import time
from collections.abc import Iterator

from garrison.checks.api import NotRead
from garrison.checks.check import Fix, Outcome, behaviour, failed, passed
from garrison.checks.probe import Probe
from garrison.checks.snapshot import Snapshot

TRIES = 3
"""Seconds to go by until it must be known: IAM is eventually consistent."""


@behaviour(
    "iam.inactive-key",
    "An access key that was switched off is refused within seconds",
    severity="critical",
    cells=("iam/identity/customer", "*/identity/customer"),
    why="Switching a key off is the first thing to do when it leaked.",
)
def inactive_key(account: Snapshot, probe: Probe) -> Iterator[Outcome]:
    with probe.user() as person:
        off = {"UserName": person.name, "AccessKeyId": person.keys.access_key_id, "Status": "Inactive"}
        switched = probe.call("iam", "UpdateAccessKey", off, keys=probe.own)
        if not switched.ok:
            raise NotRead("iam:UpdateAccessKey", f"{switched.code}: {switched.message}")
        answer = probe.call("sts", "GetCallerIdentity", keys=person.keys)
        for _ in range(TRIES):
            if not answer.ok:
                break
            time.sleep(1)
            answer = probe.call("sts", "GetCallerIdentity", keys=person.keys)
    observed = {"sts:GetCallerIdentity": answer.code or "allowed"}
    if answer.ok:
        fix = Fix((), account.account, "Whatever answers there does not look whether a key is switched off.")
        yield failed(account.root, "a key that was switched off still works", observed, fix=fix)
    else:
        yield passed(account.root, f"a key that was switched off was refused ({answer.code})", observed)
