"""The rules of tags, the same for everything in IAM that carries them.

Keys are unique regardless of case, and keep the case they were last given. Source: IAM user guide, "Tags for AWS
Identity and Access Management resources".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.iam.errors import over_quota
from garrison.services.iam.paging import page_of

QUOTA = 50


def given(call: Call) -> dict[str, str]:
    """The tags of the call's `Tags`. Raises `InvalidInput` for keys given twice or reserved."""
    tags: dict[str, str] = {}
    seen: set[str] = set()
    for tag in call.params.get("Tags") or ():
        key = tag["Key"]
        folded = key.lower()
        if folded in seen:
            raise AwsError("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
        if folded.startswith("aws:"):
            # The rule is documented, its text is a guess.
            raise AwsError("InvalidInput", "Tag keys starting with aws: are reserved for system use.")
        seen.add(folded)
        tags[key] = tag["Value"]
    return tags


def merged(old: Mapping[str, str], new: Mapping[str, str], *, quota: str) -> dict[str, str]:
    """`old` with `new` laid over it. Raises `LimitExceeded` (by the quota's name, `TagsPerUser`) past 50 tags."""
    tags = without(old, new)
    tags.update(new)
    if len(tags) > QUOTA:
        raise over_quota(quota, QUOTA)
    return tags


def without(old: Mapping[str, str], keys: Iterable[str]) -> dict[str, str]:
    """`old` without `keys`, whatever their case; keys that are not there do not matter."""
    gone = {key.lower() for key in keys}
    return {key: value for key, value in old.items() if key.lower() not in gone}


def shown(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """The tags as answers carry them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def listed(call: Call, tags: Mapping[str, str]) -> dict[str, Any]:
    """The answer of a `List...Tags` operation."""
    # Keys may be longer than a marker, and there are at most 50: their position is the place.
    numbered, end = page_of(call, enumerate(shown(tags)), lambda entry: f"{entry[0]:03d}")
    return {"Tags": [tag for _, tag in numbered], **end}
