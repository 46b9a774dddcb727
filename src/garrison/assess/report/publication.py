"""A report as Artifact takes it: whose it is, of which series, of which time, and the signed bundle that it is."""

from __future__ import annotations

import re
from typing import Any

from garrison.assess.frameworks import Framework
from garrison.assess.ledger import LedgerError, Run
from garrison.assess.records import about
from garrison.assess.report.bundle import bundle
from garrison.assess.report.told import moment
from garrison.evidence.signing import Signer

CATEGORY = "Garrison assessment"


def publication(framework: Framework, run: Run, signer: Signer) -> dict[str, Any]:
    """Parameters of `garrison:PublishReport`. All reports of one framework's version are versions of one report, and
    all of one framework are a series. Raises `LedgerError` for a run that is no assessment."""
    described = about(run.records())
    if described is None:
        raise LedgerError(f"Run {run.id} is no assessment.")
    series = name(framework.title)
    version = name(framework.version)
    return {
        "document": bundle(framework, run, signer),
        "name": f"{series} {'v' * version[:1].isdigit()}{version}",
        "description": f"{framework.title} {framework.version}: what an assessment of accounts says of it, "
        "with its evidence. Verify: garrison evidence verify FILE",
        "series": series,
        "category": CATEGORY,
        "companyName": "Garrison",
        "productName": "Garrison",
        "periodStart": moment(described["started"]),
        "periodEnd": moment(described["finished"]),
    }


def name(text: str) -> str:
    """A text as Artifact's names are spelled: letters, digits, spaces, `-` and `_`."""
    return re.sub(r"\s+", " ", re.sub(r"[^A-Za-z0-9_\-\s]+", "-", text)).strip(" -")[:200]
