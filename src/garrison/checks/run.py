"""Checks asked of accounts, one after the other."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from garrison.checks.api import NotRead
from garrison.checks.check import Check, Outcome, Result, Status
from garrison.checks.probe import Probe
from garrison.checks.snapshot import Snapshot
from garrison.replay.world import WorldError

log = logging.getLogger("garrison.checks")


def ask(check: Check, account: Snapshot, probe: Probe | None = None) -> Iterator[Result]:
    """What one check says of one account. It never raises for what it finds: what could not be read is a result."""
    for outcome in _outcomes(check, account, probe):
        yield Result(
            check.id,
            check.version,
            check.title,
            check.severity,
            check.cells,
            check.behavioural,
            account.account,
            outcome,
        )


def _outcomes(check: Check, account: Snapshot, probe: Probe | None) -> Iterable[Outcome]:
    try:
        for name in check.needs:
            account.fact(name)
        if check.attempt is not None:
            if probe is None:
                raise NotRead(check.id, "nothing may be tried there")
            return list(check.attempt(account, probe))
        assert check.evaluate is not None
        return list(check.evaluate(account))
    except NotRead as e:
        status = Status.NOT_APPLICABLE if e.absent else Status.NOT_AVAILABLE
        return [Outcome(status, account.root, str(e), {"not_read": e.what})]
    except WorldError as e:
        return [Outcome(Status.NOT_AVAILABLE, account.root, f"authorization-details: {e}", {"not_read": "policies"})]
    except Exception as e:
        # One check that stumbles over what it did not foresee must not take the others with it; nobody knows, then.
        log.exception("check %s failed for account %s", check.id, account.account)
        return [Outcome(Status.NOT_AVAILABLE, account.root, f"the check itself failed: {type(e).__name__}: {e}")]


def applies(check: Check, account: Snapshot) -> bool:
    """Whether a check is to be asked of an account: one about the organization is asked of its management account.

    An account whose management account is unknown (it is in no organization, or may not say) answers for itself.
    """
    if check.scope == "account":
        return True
    manager = account.management
    return manager is None or manager == account.account
