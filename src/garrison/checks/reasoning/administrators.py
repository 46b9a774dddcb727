"""Who administers the account: whoever may write what policies say, of anybody, can do everything."""

from __future__ import annotations

from garrison.checks.reasoning.asking import Who, people
from garrison.checks.snapshot import Snapshot
from garrison.policy.alone import WITNESSES, witness


def administers(who: Who) -> bool:
    """Whether a principal administers its account, by everything that speaks for and against it."""
    account = who.entity.account
    return all(who.may(action, witness(account, kind)).allowed for action, kind in WITNESSES)


def administrators(account: Snapshot) -> list[Who]:
    """The account's administrators."""
    found: list[Who] | None = account.memory.get("administrators")
    if found is None:
        found = account.memory["administrators"] = [who for who in people(account) if administers(who)]
    return found
