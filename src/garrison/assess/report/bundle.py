"""A report in all its forms, with the evidence, in one zip file whose parts are listed, hashed and signed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterable
from typing import Any

from garrison.assess.frameworks import Framework, standing
from garrison.assess.junit import junit
from garrison.assess.ledger import LedgerError, Run
from garrison.assess.records import about, results
from garrison.assess.report.html import html
from garrison.assess.report.oscal import oscal
from garrison.assess.report.pdf import NoTypst, pdf
from garrison.assess.report.told import told
from garrison.assess.sarif import sarif
from garrison.checks import load as load_checks
from garrison.evidence.pack import packed
from garrison.evidence.signing import Signer

NAMES = {
    "html": "report.html",
    "pdf": "report.pdf",
    "oscal": "assessment-results.json",
    "json": "report.json",
    "csv": "controls.csv",
    "sarif": "report.sarif",
    "junit": "junit.xml",
}
"""Form -> file in a bundle."""
_COLUMNS = ("id", "title", "status", "checks", "passed", "failed", "unknown", "excepted")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
VERIFY = """This bundle verifies without any server: garrison evidence verify FILE
manifest.json lists the SHA-256 of every file, and of every file as it is packed; manifest.sig is the signature of its
bytes by public-key.pem.
evidence.jsonl is the run as it stands in the ledger, chained and sealed by the same kind of key.
"""


def forms(
    framework: Framework, run: Run, wanted: Iterable[str], accounts: Collection[str] | None = None
) -> dict[str, bytes]:
    """The report in each form wanted, of these accounts alone if any are named.

    Raises `LedgerError` for a run that is no assessment, `NoTypst` for PDF.
    """
    records = list(run.records())
    described = about(records)
    if described is None:
        raise LedgerError(f"Run {run.id} is no assessment.")
    found = [result for _, result in results(records) if accounts is None or result.account in accounts]
    if accounts is not None:
        described = {**described, "accounts": [one for one in described["accounts"] if one in accounts]}
    report = told(standing(framework, found), described, run.id)
    asked = {result.check for result in found}
    return {form: _form(form, report, found, asked) for form in wanted}


def _form(form: str, report: dict[str, Any], found: list[Any], asked: set[str]) -> bytes:
    match form:
        case "html":
            return html(report).encode()
        case "pdf":
            return pdf(report)
        case "oscal":
            return _json(oscal(report))
        case "csv":
            return _csv(report["controls"])
        case "sarif":
            return _json(sarif(found, [check for check in load_checks().values() if check.id in asked]))
        case "junit":
            return junit(found).encode()
    return _json(report)


def bundle(framework: Framework, run: Run, signer: Signer) -> bytes:
    """The zip file. The PDF is in it where the extra is installed."""
    files: dict[str, bytes] = {}
    for form, name in NAMES.items():
        try:
            files[name] = forms(framework, run, (form,))[form]
        except NoTypst:
            continue
    files["evidence.jsonl"] = run.path.read_bytes()
    files["VERIFY.txt"] = VERIFY.encode()
    return packed(files, {"framework": framework.id, "version": framework.version, "run": run.id}, signer)


def _json(document: Any) -> bytes:
    return json.dumps(document, indent=1).encode() + b"\n"


def _csv(rows: Iterable[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for row in rows:
        cells = (" ".join(row[c]) if isinstance(row[c], list) else str(row[c]) for c in _COLUMNS)
        # A spreadsheet must not take a cell for a formula.
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])
    return text.getvalue().encode()
