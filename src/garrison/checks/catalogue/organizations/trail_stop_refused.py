"""Stopping the record is refused."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Outcome, behaviour, failed, not_applicable, passed
from garrison.checks.probe import Probe
from garrison.checks.snapshot import Snapshot


@behaviour(
    "organizations.trail-stop-refused",
    "An administrator of a member account that tries to stop a trail is refused",
    severity="high",
    cells=("organizations/identity/customer", "cloudtrail/logging/customer"),
    why="The first thing an intruder does is to see that nobody sees.",
)
def trail_stop_refused(account: Snapshot, probe: Probe) -> Iterator[Outcome]:
    management = account.management
    if management is None or management == account.account:
        yield not_applicable(account.root, "the account is no member account")
        return
    # A trail there is not: whoever may stop trails is told so, and nothing was stopped.
    trail = f"arn:{account.partition}:cloudtrail:{probe.region}:{account.account}:trail/garrison-probe-no-such-trail"
    answer = probe.call("cloudtrail", "StopLogging", {"Name": trail}, keys=probe.own)
    observed = {"cloudtrail:StopLogging": answer.code or "allowed"}
    if answer.denied:
        yield passed(account.root, f"stopping a trail was refused ({answer.code})", observed)
    else:
        reason = f"stopping a trail was not refused: {answer.code or 'it was done'}"
        yield failed(account.root, reason, observed)
