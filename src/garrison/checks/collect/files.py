"""Exports: what was written to files by `garrison export`, the aws command, or `garrison assess collect`.

An account's authorization details and its organization are known to all of them; everything else only to
`assess collect`, whose file has `Facts`: account -> fact -> value, and `Unread`: account -> fact -> why not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from garrison.aws.arn import Arn
from garrison.checks.api import NotRead
from garrison.checks.collect.collector import CollectError, Snapshots, Source
from garrison.checks.facts.authorization_details import MEMBERS
from garrison.checks.probe import Probe
from garrison.checks.snapshot import Snapshot

SCHEMA = 1


class FilesCollector:
    """The accounts that files tell of."""

    def __init__(self, paths: Sequence[Path], now: float, only: Sequence[str] = ()) -> None:
        self.source = Source("files", ", ".join(path.name for path in paths))
        self._now = now
        self._only = only
        self._facts: dict[str, dict[str, Any]] = {}
        self._unread: dict[str, dict[str, str]] = {}
        self._when: dict[str, float] = {}
        self._organizations: list[Mapping[str, Any]] = []
        self._snapshots = Snapshots(self._snapshot)
        for path in paths:
            try:
                content = msgspec.json.decode(path.read_bytes())
            except (OSError, msgspec.DecodeError) as e:
                raise CollectError(f"{path} cannot be read as JSON: {e}") from e
            known = False
            try:
                for part in _parts(content):
                    known = True
                    self._take(part)
            except (KeyError, TypeError, AttributeError, ValueError) as e:
                raise CollectError(f"{path} is not a complete export: {type(e).__name__} {e}") from e
            if not known:
                raise CollectError(
                    f"{path} is no export known here: it takes the output of `garrison assess collect`, of `garrison "
                    "export` or of `aws iam get-account-authorization-details`"
                )
        self._place()

    def _take(self, part: Mapping[str, Any]) -> None:
        if "Facts" in part:
            for account, facts in part["Facts"].items():
                self._facts.setdefault(account, {}).update(facts)
                if part.get("Collected") is not None:
                    self._when[account] = float(part["Collected"])
            for account, unread in part.get("Unread", {}).items():
                self._facts.setdefault(account, {})
                self._unread.setdefault(account, {}).update(unread)
        elif "Roots" in part:
            self._organizations.append(part)
        else:
            for account, details in _by_account(part).items():
                merged = self._facts.setdefault(account, {}).setdefault(
                    "authorization-details", {member: [] for member in MEMBERS}
                )
                for member in MEMBERS:
                    there = {one["Arn"] for one in merged[member]}
                    merged[member] += [one for one in details[member] if one["Arn"] not in there]

    def _place(self) -> None:
        """Tell the accounts whose organization they are in."""
        trees = [facts["organization"] for facts in self._facts.values() if facts.get("organization")]
        for tree in (*trees, *self._organizations):
            about = tree.get("Organization") or {}
            manager = about.get("MasterAccountId") or str(tree["Roots"][0]["Arn"]).split(":", 5)[4]
            members = [account["Id"] for account in tree["Accounts"]]
            for account in members:
                if account in self._facts:
                    self._facts[account].setdefault("organization-membership", {**about, "MasterAccountId": manager})
            self._facts.setdefault(manager, {}).setdefault("organization", tree)
            self._snapshots.manages(manager, [account for account in members if account in self._facts])

    def accounts(self) -> Sequence[str]:
        known = sorted(account for account, facts in self._facts.items() if facts.keys() - {"organization"})
        missing = [account for account in self._only if account not in known]
        if missing:
            raise CollectError(f"the files tell nothing of account {', '.join(missing)}")
        return list(self._only) or known

    def _snapshot(self, account: str, management: Callable[[], Snapshot | None]) -> Snapshot:
        facts, unread = self._facts.get(account, {}), self._unread.get(account, {})

        def read(name: str) -> Any:
            if name in facts:
                return facts[name]
            why = unread.get(name)
            if why is not None:
                raise NotRead(name, why.removeprefix(f"{name}: "))
            raise NotRead(name, f"{self.source.name} does not tell it")

        # What was collected is judged as of then: a key that was 80 days old is not too old because the file is.
        return Snapshot(account, read, now=self._when.get(account, self._now), management=management)

    def snapshot(self, account: str) -> Snapshot:
        return self._snapshots.of(account)

    def probe(self, account: str) -> Probe | None:
        return None


def _parts(content: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(content, list):
        for one in content:
            yield from _parts(one)
        return
    if not isinstance(content, dict):
        return
    if "Facts" in content or "Roots" in content or content.keys() & set(MEMBERS):
        yield content
    yield from _parts(content.get("AuthorizationDetails"))
    yield from _parts(content.get("Organization"))


def _by_account(part: Mapping[str, Any]) -> dict[str, dict[str, list[Any]]]:
    """The details of a file by whose they are; AWS's own policies, which are nobody's, go to each."""
    found: dict[str, dict[str, list[Any]]] = {}
    published: list[Any] = []
    for member in MEMBERS:
        for detail in part.get(member) or ():
            arn = Arn.parse(detail["Arn"])
            if arn is None:
                raise ValueError(f"{detail['Arn']} is not an ARN")
            if arn.account == "aws":
                published.append(detail)
                continue
            found.setdefault(arn.account, {m: [] for m in MEMBERS})[member].append(detail)
    for details in found.values():
        details["Policies"] += published
    return found
