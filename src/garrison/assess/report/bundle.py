"""A report in all its forms, with the evidence, in one zip file whose parts are listed, hashed and signed."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Collection, Iterable
from typing import Any

import msgspec

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
from garrison.evidence.canonical import canonical
from garrison.evidence.signing import BadKey, Signer, der, fingerprint, pem, signed_by

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
_LARGEST = 256 << 20
_VERIFY = """This bundle verifies without any server: garrison evidence bundle FILE
manifest.json lists the SHA-256 of every file; manifest.sig is the signature of its bytes by public-key.pem.
evidence.jsonl is the run as it stands in the ledger, chained and sealed by the same kind of key.
"""


class BadBundle(Exception):
    """A bundle is not what was signed. The text says what differs."""


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
    files["VERIFY.txt"] = _VERIFY.encode()
    files["public-key.pem"] = pem(signer.public_key)
    manifest = canonical(
        {
            "framework": framework.id,
            "version": framework.version,
            "run": run.id,
            "key": fingerprint(signer.public_key),
            "algorithm": signer.algorithm,
            "signer": signer.name,
            "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
        }
    )
    files["manifest.json"] = manifest
    files["manifest.sig"] = signer.sign(manifest)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name), files[name], zipfile.ZIP_DEFLATED)
    return made.getvalue()


def verify_bundle(content: bytes, pinned: bytes | None = None) -> dict[str, Any]:
    """The manifest of a bundle that is whole; `pinned` is the only key (PEM) that counts. Raises `BadBundle`."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(info.file_size for info in archive.infolist()) > _LARGEST:
                raise BadBundle("It is larger than a report is.")
            files = {name: archive.read(name) for name in archive.namelist()}
        manifest = msgspec.json.decode(files.pop("manifest.json"), type=dict[str, Any])
        signed, signature = canonical(manifest), files.pop("manifest.sig")
        public = der(files["public-key.pem"] if pinned is None else pinned)
        listed = dict(manifest["files"])
        algorithm = str(manifest["algorithm"])
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, msgspec.DecodeError, BadKey, NotImplementedError) as e:
        raise BadBundle(f"It is no bundle of a report: {e}") from e
    try:
        genuine = signed_by(public, algorithm, signed, signature)
    except BadKey as e:
        raise BadBundle(str(e)) from e
    if not genuine:
        raise BadBundle("The list of its files is not signed by that key.")
    for name in sorted(listed.keys() | files.keys()):
        if name not in files or name not in listed:
            raise BadBundle(f"{name} is {'missing' if name in listed else 'not in the signed list'}.")
        if hashlib.sha256(files[name]).hexdigest() != listed[name]:
            raise BadBundle(f"{name} was changed.")
    return manifest


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
