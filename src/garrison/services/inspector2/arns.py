"""ARNs of Inspector's own resources."""

from __future__ import annotations

from garrison.access.call import Call
from garrison.services.inspector2.resources import Filter
from garrison.store import Resource


def finding_arn(partition: str, region: str, account: str, id: str) -> str:
    return f"arn:{partition}:inspector2:{region}:{account}:finding/{id}"


def filter_arn(call: Call, row: Resource[Filter]) -> str:
    """The form is recalled, from answers and Terraform's documentation."""
    return f"arn:{call.partition}:inspector2:{row.region}:{row.account}:owner/{row.account}/filter/{row.id}"


def owned_arn(partition: str, region: str, account: str, what: str, id: str) -> str:
    """`arn:...:owner/ACCOUNT/cis-configuration/UUID` and its like."""
    return f"arn:{partition}:inspector2:{region}:{account}:owner/{account}/{what}/{id}"
