"""Findings as their readers see them: with their resource, and suppressed where a rule says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from garrison.access.call import Call
from garrison.services.inspector2 import administration, arns, criteria
from garrison.services.inspector2.resources import FILTER, FINDING, RESOURCE, Covered, Finding
from garrison.store import Reader, Resource

ACTIVE, SUPPRESSED, CLOSED = "ACTIVE", "SUPPRESSED", "CLOSED"


@dataclass(slots=True)
class Seen:
    """One finding."""

    id: str
    account: str
    region: str
    partition: str
    finding: Finding
    resource: str
    """The resource's id."""
    covered: Covered
    status: str

    @property
    def arn(self) -> str:
        return arns.finding_arn(self.partition, self.region, self.account, self.id)

    @property
    def last(self) -> float:
        """When it was last observed."""
        finding = self.finding
        if finding.closed is not None:
            return finding.last
        # Observed with every scan of its resource since.
        return max(self.covered.scanned or 0.0, finding.updated)


def findings(call: Call, reader: Reader, accounts: Sequence[str]) -> Iterator[Seen]:
    """Every finding of the accounts in the call's region."""
    return in_region(reader, call.partition, call.region, accounts)


def in_region(reader: Reader, partition: str, region: str, accounts: Sequence[str]) -> Iterator[Seen]:
    """Every finding of the accounts in a region."""
    for account in accounts:
        rules = suppressions(reader, account, region)
        resources = {row.id: row for row in reader.page(RESOURCE, account, region=region)}
        for row in reader.page(FINDING, account, region=region, parent=None):
            resource = resources.get(row.parent)
            if resource is not None:
                yield seen(partition, row, resource, rules)


def seen(
    partition: str, row: Resource[Finding], resource: Resource[Covered], rules: Sequence[criteria.Matches]
) -> Seen:
    """A finding, suppressed if one of the rules fits it. Rules see it as it is without them; a closed one stays so."""
    body = row.body
    found = Seen(
        row.id, row.account, row.region, partition, body, resource.name, resource.body,
        ACTIVE if body.closed is None else CLOSED,
    )  # fmt: skip
    if body.closed is None and any(rule(found) for rule in rules):
        found.status = SUPPRESSED
    return found


def suppressions(reader: Reader, account: str, region: str) -> list[criteria.Matches]:
    """The suppression rules that hold in an account: its administrator's if it is a member, else its own."""
    owner = administration.administrator_of(reader, account, region) or account
    return [
        criteria.compile(row.body.criteria)
        for row in reader.page(FILTER, owner, region=region)
        if row.body.action == "SUPPRESS"
    ]
