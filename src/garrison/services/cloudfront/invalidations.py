"""Invalidations: recorded. Nothing is cached here, so every one is complete as it is made."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.services.cloudfront.distributions import load
from garrison.services.cloudfront.errors import error, invalid
from garrison.services.cloudfront.resources import INVALIDATION, Invalidation, new_id
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction

MOST_PATHS = 3000


def _shown(row: Resource[Invalidation]) -> dict[str, Any]:
    paths = list(row.body.paths)
    batch = {"Paths": {"Quantity": len(paths), "Items": paths}, "CallerReference": row.body.caller_reference}
    return {"Id": row.name, "Status": "Completed", "CreateTime": row.created, "InvalidationBatch": batch}


@operation("cloudfront", "CreateInvalidation", access="write")
def create_invalidation(call: Call, tx: Transaction) -> dict[str, Any]:
    distribution = load(call, tx, call.params["DistributionId"])
    batch = call.params["InvalidationBatch"]
    paths = tuple(batch["Paths"].get("Items") or ())
    if batch["Paths"]["Quantity"] != len(paths):
        raise error("InconsistentQuantities", "The value of Quantity and the size of Items don't match.")
    if not paths:
        raise invalid("Your request must contain at least one invalidation path.")
    if len(paths) > MOST_PATHS:
        raise error("BatchTooLarge", "Invalidation batch specified is too large.")
    if not all(path.startswith("/") for path in paths):
        raise invalid("Your request contains one or more invalid invalidation paths.")
    row = None
    for there in tx.page(INVALIDATION, call.account, parent=distribution.name):
        if there.body.caller_reference == batch["CallerReference"]:
            if there.body.paths != paths:
                raise invalid(
                    "Your request contains a caller reference that was used for a previous invalidation batch."
                )
            row = there
    if row is None:
        id = new_id("I")
        body = Invalidation(batch["CallerReference"], paths)
        row = tx.insert(
            INVALIDATION,
            call.account,
            id,
            body,
            id=f"{distribution.id}/{id}",
            parent=distribution.name,
            created=call.now,
        )
    location = f"https://cloudfront.amazonaws.com/2020-05-31/distribution/{distribution.name}/invalidation/{row.name}"
    return {"Location": location, "Invalidation": _shown(row)}


@operation("cloudfront", "GetInvalidation", access="read")
def get_invalidation(call: Call, reader: Reader) -> dict[str, Any]:
    distribution = load(call, reader, call.params["DistributionId"])
    row = reader.get(INVALIDATION, call.account, call.params["Id"], parent=distribution.name)
    if row is None:
        raise error("NoSuchInvalidation", "The specified invalidation does not exist.")
    return {"Invalidation": _shown(row)}


@operation("cloudfront", "ListInvalidations", access="read")
def list_invalidations(call: Call, reader: Reader) -> dict[str, Any]:
    distribution = load(call, reader, call.params["DistributionId"])
    rows = reader.page(INVALIDATION, call.account, parent=distribution.name)
    given = str(call.params.get("MaxItems") or 100)
    if not (given.isascii() and given.isdigit() and 1 <= int(given[:6]) <= 100):
        raise invalid("The parameter MaxItems is not valid.")
    # Newest first, which is also how the pages go on.
    ordered = sorted(rows, key=lambda row: (-row.created, row.name))
    after = call.params.get("Marker", "")
    names = [row.name for row in ordered]
    rest = ordered[names.index(after) + 1 :] if after in names else ordered
    page = rest[: int(given)]
    found: dict[str, Any] = {
        "Marker": after,
        "MaxItems": int(given),
        "IsTruncated": len(rest) > len(page),
        "Quantity": len(page),
    }
    if page:
        found["Items"] = [{"Id": row.name, "CreateTime": row.created, "Status": "Completed"} for row in page]
    if found["IsTruncated"]:
        found["NextMarker"] = page[-1].name
    return {"InvalidationList": found}
