"""Attestations as the API tells them, and as the evidence keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from garrison.assess.audit.standing import Attestation
from garrison.evidence.record import Record

_NAMES = {
    "id": "attestationId", "account": "accountId", "checklist": "checklistId", "item": "auditItemId",
    "audit": "auditId", "digest": "evidenceDigest", "evidence": "evidenceId", "opinion": "opinion",
    "statement": "statement", "by": "principal", "when": "attestedAt", "valid_until": "validUntil",
    "mfa": "mfaAuthenticated", "source_identity": "sourceIdentity", "document_sha256": "documentSha256",
    "withdrawn": "withdrawn",
}  # fmt: skip
"""Our members, and those of the API's `AuditAttestation`."""


def shown(one: Attestation) -> dict[str, Any]:
    """An attestation as the API tells it; times in seconds."""
    found = {name: getattr(one, ours) for ours, name in _NAMES.items()}
    return {name: value for name, value in found.items() if value != ""}


def told(one: Mapping[str, Any]) -> Attestation:
    """An attestation the API told, with times as ISO 8601 texts or in seconds."""
    found = {ours: one[name] for ours, name in _NAMES.items() if name in one}
    for name in ("when", "valid_until"):
        if isinstance(found[name], str):
            found[name] = datetime.fromisoformat(found[name]).timestamp()
        found[name] = int(found[name])
    return msgspec.convert(found, Attestation)


def record(one: Attestation) -> Record:
    """An attestation as evidence."""
    return {"type": "attestation", **{name: getattr(one, name) for name in Attestation.__struct_fields__}}


def recorded(records: Iterable[Record]) -> Iterator[Attestation]:
    """Attestations of records, in their order: one that was withdrawn comes again, withdrawn."""
    for one in records:
        if one.get("type") == "attestation":
            yield msgspec.convert({k: one[k] for k in Attestation.__struct_fields__}, Attestation)
