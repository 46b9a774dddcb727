"""One record of the evidence."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.assess.ledger import Ledger
from garrison.assess.verified import verified
from garrison.aws.errors import AwsError
from garrison.evidence.record import Record
from garrison.services.assessments import seen
from garrison.services.assessments.assessments import evidence_state
from garrison.services.operation import operation
from garrison.store import Reader


@operation("garrison", "GetEvidence", access="read")
def get_evidence(call: Call, reader: Reader) -> None:
    visible, evidence = seen.accounts(call, reader), seen.directory(call)
    named = call.params["evidenceId"]

    def read() -> dict[str, Any]:
        there = seen.told(lambda: [*Ledger(evidence).history()])
        found = [one for one in there if str(one.get("hash", "")).startswith(named) and _visible(one, visible)]
        if len(found) != 1:
            fields = {"resourceId": named, "resourceType": "evidence"}
            text = f"There is no evidence {named}." if not found else f"Several records begin with {named}."
            raise AwsError("ResourceNotFoundException", text, status=404, fields=fields)
        state = seen.told(lambda: verified(evidence))
        record = found[0]
        if "accounts" in record:
            record = {**record, "accounts": [one for one in record["accounts"] if one in visible]}
        return {
            "record": record,
            "sha256": record["hash"],
            "assessmentId": str(record.get("run", "")),
            "evidence": evidence_state(state),
            "genuine": state.intact,
        }

    call.later = read


def _visible(record: Record, accounts: list[str]) -> bool:
    """Whether a record is of an account that may be seen; an exception for all accounts is everybody's."""
    if "accounts" in record:
        return any(account in accounts for account in record["accounts"])
    account = record.get("account")
    return account == "*" or account in accounts
