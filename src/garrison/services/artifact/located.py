"""Artifact's resources as authorization sees them."""

from __future__ import annotations

from garrison.access.call import Call
from garrison.access.resources import Facts, provide_resources
from garrison.aws.arn import Arn
from garrison.aws.errors import AwsError
from garrison.aws.reference import Check
from garrison.services.artifact.ids import report_arn
from garrison.services.artifact.reports import find
from garrison.services.artifact.resources import INQUIRY
from garrison.store import Reader


def artifact_facts(reader: Reader, call: Call, check: Check) -> Facts:
    """Facts of a report's version (what series and category it is of), an agreement or an inquiry."""
    arn = Arn.parse(check.resource)
    if arn is None:
        return Facts(arn=check.resource, account=None)
    what, _, name = arn.resource.partition("/")
    if what == "compliance-inquiry":
        inquiry = reader.get(INQUIRY, arn.account, name, region=arn.region)
        tags = {} if inquiry is None else inquiry.body.tags
        return Facts(arn=check.resource, account=arn.account, exists=inquiry is not None, tags=tags)
    if what != "report":
        return Facts(arn=check.resource, account=arn.account or call.account)
    report, _, number = name.rpartition(":")
    try:
        row, version = find(call, reader, report, int(number) if number.isdigit() else None)
    except AwsError:
        return Facts(arn=check.resource, account=call.account)
    return Facts(
        arn=report_arn(call.partition, call.region, row.name, version.body.number),
        # Reports are of no account; nothing but the caller's own policies speaks of them.
        account=call.account,
        exists=True,
        context={"artifact:reportcategory": row.body.category, "artifact:reportseries": row.body.series},
    )


provide_resources("artifact", artifact_facts)
