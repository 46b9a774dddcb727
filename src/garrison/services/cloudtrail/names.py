"""Names of trails, and the trails they mean.

Source: API reference, `CreateTrail` (`Name`), `DescribeTrails` and `GetTrailStatus`: a name means a trail of the region
that is asked; a trail of all regions is seen in each by its ARN, and changed in its home region alone. The limit of 5
trails counts, in every region, those of all regions.
"""

from __future__ import annotations

import re

from garrison.access.call import Call
from garrison.aws.arn import Arn
from garrison.services.cloudtrail.errors import error, unknown_trail
from garrison.services.cloudtrail.resources import TRAIL, Trail, arn_of
from garrison.store import Reader, Resource

_NAME = re.compile(r"[A-Za-z0-9](?:[._-]?[A-Za-z0-9])*")
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")


def check_name(name: str) -> None:
    """Raise `InvalidTrailNameException` for what is no name of a trail."""
    found = None
    if not 3 <= len(name) <= 128:
        size = "short. Minimum allowed length: 3" if len(name) < 3 else "long. Maximum allowed length: 128"
        found = f"Trail name too {size} characters. Specified name length: {len(name)} characters."
    elif re.search(r"[^A-Za-z0-9._-]", name):
        found = (
            "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens "
            "(-), and underscores (_)."
        )
    elif not name[0].isalnum():
        found = "Trail name must starts with a letter or number."
    elif not name[-1].isalnum():
        found = "Trail name must ends with a letter or number."
    elif not _NAME.fullmatch(name):
        found = "Trail name cannot have adjacent periods, hyphens or underscores."
    elif _ADDRESS.fullmatch(name):
        found = "Trail name cannot be in IP address format."
    if found is not None:
        raise error("InvalidTrailNameException", found)


def trails(reader: Reader, account: str) -> list[Resource[Trail]]:
    """Every trail of an account, of all regions."""
    return reader.page(TRAIL, account, parent=None)


def seen_from(row: Resource[Trail], region: str) -> bool:
    """Whether a trail is there, or casts its shadow, in a region."""
    return row.body.every_region or row.parent == region


def lookup(call: Call, reader: Reader, text: str) -> Resource[Trail] | None:
    """The trail of a name or ARN, as seen from the call's region. Raises for what is neither."""
    if text.startswith("arn:"):
        arn = Arn.parse(text)
        if arn is None or arn.service != "cloudtrail" or not arn.resource.startswith("trail/"):
            raise error("CloudTrailARNInvalidException", f"Invalid ARN: {text}")
        name = arn.resource.removeprefix("trail/")
        check_name(name)
        if arn.account != call.account or arn.partition != call.partition:
            return None
        row = reader.get(TRAIL, call.account, name, parent=arn.region)
        return row if row is not None and seen_from(row, call.region) else None
    check_name(text)
    return reader.get(TRAIL, call.account, text, parent=call.region)


def find(call: Call, reader: Reader, text: str) -> Resource[Trail]:
    """`lookup`, raising `TrailNotFoundException`."""
    row = lookup(call, reader, text)
    if row is None:
        raise unknown_trail(text, call.account)
    return row


def own(call: Call, reader: Reader, text: str) -> Resource[Trail]:
    """The trail to be changed. Raises `InvalidHomeRegionException` where it is another region's."""
    row = find(call, reader, text)
    if row.parent != call.region:
        raise error(
            "InvalidHomeRegionException",
            f"Trail {arn_of(call.partition, row)} must be changed in its home region {row.parent}.",
        )
    return row
