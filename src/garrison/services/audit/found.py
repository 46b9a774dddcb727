"""What audits found, out of evidence that was verified."""

from __future__ import annotations

from garrison.access.call import Call
from garrison.assess.audit.read import Audited, audits, verified_audit
from garrison.assess.ledger import LedgerError
from garrison.aws.errors import AwsError


def found_audit(call: Call, named: str | None) -> Audited:
    """An audit that looked at the caller's account: the named one, or the newest.

    Raises `AwsError`: ResourceNotFoundException where there is none, InternalServerException for altered evidence.
    """
    if call.runtime.evidence is None:
        raise missing(named or "latest", "audit")
    try:
        there = {one.run for one in audits(call.runtime.evidence, call.account)}
        id = newest(call) if named in (None, "latest") else named
        if id is None or id not in there:
            raise missing(named or "latest", "audit")
        return verified_audit(call.runtime.evidence, id, call.account)
    except LedgerError as e:
        raise AwsError("InternalServerException", str(e), status=500) from None


def newest(call: Call) -> str | None:
    """Run of the newest audit that looked at the caller's account. Raises `LedgerError`."""
    there = [] if call.runtime.evidence is None else audits(call.runtime.evidence, call.account)
    return there[0].run if there else None


def missing(id: str, kind: str) -> AwsError:
    """There is no such thing."""
    fields = {"resourceId": id, "resourceType": kind}
    return AwsError("ResourceNotFoundException", f"The {kind} {id} does not exist.", status=404, fields=fields)
