"""An audit in one zip file whose parts are listed, hashed and signed, as reports of frameworks are."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from garrison.assess.audit.html import html
from garrison.assess.audit.read import AuditRun
from garrison.assess.audit.standing import ItemStanding
from garrison.assess.ledger import Run
from garrison.assess.report.bundle import VERIFY
from garrison.evidence.pack import packed
from garrison.evidence.signing import Signer


def bundle(audit: AuditRun, items: Sequence[ItemStanding], run: Run, signer: Signer) -> bytes:
    """The zip file: the report, where each item stands with who attested it, and the audit's evidence as recorded."""
    files = {
        "report.html": html(items, audit.run).encode(),
        "items.json": msgspec.json.format(msgspec.json.encode(list(items)), indent=1) + b"\n",
        "evidence.jsonl": run.path.read_bytes(),
        "VERIFY.txt": VERIFY.encode(),
    }
    return packed(files, {"checklist": audit.checklist, "version": audit.version, "run": audit.run}, signer)
