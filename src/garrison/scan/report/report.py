"""What a scan found, with all that has to be said beside it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from garrison.scan.inventory import Inventory
from garrison.scan.match import Finding, Severity
from garrison.scan.match.score import Adjusted, adjusted
from garrison.scan.reachability.host import Reachability
from garrison.scan.vulndb import Status


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Findings of one target. They are all there are only if the inventory is complete."""

    inventory: Inventory
    findings: tuple[Finding, ...]
    """Suppressed ones too."""
    unknown: int
    """Packages of which no advisory speaks in any version."""
    database: Status
    created: datetime
    warnings: tuple[str, ...] = ()
    reachability: Reachability | None = None
    """Of this machine; None: something else was scanned."""

    def adjusted(self, finding: Finding) -> Adjusted | None:
        """Inspector's score of a finding where it is; None: it is not known where, or the score is no CVSS 3."""
        if self.reachability is None:
            return None
        here = self.reachability
        return adjusted(finding.vulnerability.vector, from_internet=here.from_internet, from_network=here.from_network)

    @property
    def counting(self) -> tuple[Finding, ...]:
        """Those that are not suppressed."""
        return tuple(f for f in self.findings if f.suppressed is None)

    @property
    def counts(self) -> dict[str, int]:
        """Of those that count, by severity."""
        made = {s.value.lower(): 0 for s in Severity}
        for finding in self.counting:
            made[finding.vulnerability.severity.lower()] += 1
        return made
