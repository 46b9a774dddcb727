"""A running Garrison, asked through its operator's door: every account, whatever policies bind its principals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from garrison.checks.api import NotRead, Output, Refused, unreadable
from garrison.checks.collect.aws import Clients
from garrison.checks.collect.collector import CollectError, Snapshots, Source
from garrison.checks.collect.probe import AwsProbe
from garrison.checks.fact import FACTS
from garrison.checks.probe import Keys, Probe
from garrison.checks.snapshot import Snapshot

Ask = Callable[[str, str, Any], Any]
"""`ask(method, path, body)` of `/_garrison/`, decoded."""
BATCH = 250


class LiveApi:
    """Reads one account by `POST /_garrison/read`."""

    def __init__(self, ask: Ask, account: str, region: str) -> None:
        self._ask = ask
        self.account = account
        self.region = region

    def call(self, service: str, operation: str, /, **params: Any) -> Output:
        answer = self.several(service, operation, [params])[0]
        if isinstance(answer, Refused):
            if answer.code == UNSERVED:
                raise NotRead(f"{service}:{operation}", "Garrison has no such thing", absent=True)
            if unreadable(answer):
                raise NotRead(f"{service}:{operation}", str(answer))
            raise answer
        return answer

    def several(self, service: str, operation: str, params: Sequence[Mapping[str, Any]], /) -> list[Output | Refused]:
        found: list[Output | Refused] = []
        for start in range(0, len(params), BATCH):
            asked = [
                {"service": service, "operation": operation, "params": one} for one in params[start : start + BATCH]
            ]
            told = self._ask(
                "POST", "/_garrison/read", {"account": self.account, "region": self.region, "calls": asked}
            )
            for answer in told["answers"]:
                error = answer.get("error")
                found.append(answer["output"] if error is None else Refused(error["code"], error["message"]))
        return found

    def regional(self) -> Sequence[LiveApi]:
        return [self]


UNSERVED = "NotServed"
"""What the operator's door says of an operation Garrison does not have."""


class LiveCollector:
    """The accounts of a running Garrison."""

    def __init__(
        self,
        ask: Ask,
        url: str,
        region: str,
        now: float,
        keys: Keys | None,
        only: Sequence[str] = (),
        left_out: Sequence[str] = (),
    ) -> None:
        """`keys` are what behavioural checks act with: those of an account, or of one that manages its organization.

        `left_out` are accounts that are not looked at, unless `only` names what is.
        """
        self.source = Source("garrison", url)
        self._ask = ask
        self._url = url
        self._region = region
        self._now = now
        self._keys = keys
        self._only = only
        self._left_out = frozenset(left_out if not only else ())
        self._snapshots = Snapshots(self._snapshot)
        self._probes: dict[str, AwsProbe] = {}
        self._clients: Clients = {}

    def accounts(self) -> Sequence[str]:
        known = {a["id"]: a["status"] for a in self._ask("GET", "/_garrison/accounts", None)["accounts"]}
        missing = [account for account in self._only if account not in known]
        if missing:
            raise CollectError(f"this Garrison has no account {', '.join(missing)}")
        # Nobody is let in to a closed account any more: it is looked at only if it is named.
        there = [id for id, status in known.items() if status == "ACTIVE" or id in self._only]
        there = [id for id in there if id not in self._left_out]
        for account in there:
            found = self._snapshots.of(account).known("organization-membership")
            if found is not None:
                self._snapshots.manages(found["MasterAccountId"], [account])
        return list(self._only) or there

    def _snapshot(self, account: str, management: Callable[[], Snapshot | None]) -> Snapshot:
        api = LiveApi(self._ask, account, self._region)
        return Snapshot(
            account, lambda name: FACTS[name].read(api), now=self._now, regions=[self._region], management=management
        )

    def snapshot(self, account: str) -> Snapshot:
        return self._snapshots.of(account)

    def probe(self, account: str) -> Probe | None:
        found = self._probes.get(account)
        if found is None:
            found = self._probes[account] = AwsProbe(
                account,
                self._url,
                self._region,
                self._keys,
                self._simulated,
                clients=self._clients,
                now=self._now,
            )
        return found

    def _simulated(self, principal: str, action: str, resource: str, region: str | None) -> bool:
        asked = {"principal": principal, "action": action, "resource": resource, "region": region}
        return bool(self._ask("POST", "/_garrison/simulate", asked)["explanation"]["allowed"])
