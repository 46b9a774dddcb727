"""What is stored of audits: `ATTESTATION`, of an account; its name counts them, so that their order is theirs.

What audits found is in the evidence, which is no part of the store; an attestation names it by its digest.
"""

from __future__ import annotations

from garrison.assess.audit import Attestation
from garrison.store import Kind, Reader, Resource

ATTESTATION = Kind("audit.attestation", Attestation)


def of_account(reader: Reader, account: str) -> list[Resource[Attestation]]:
    """Attestations of an account, oldest first."""
    return reader.page(ATTESTATION, account)
