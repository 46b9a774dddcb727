"""The record is encrypted with a key of the customer's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.snapshot import Snapshot


@check(
    "cloudtrail.encrypted",
    "Every trail's files are encrypted with a key of KMS",
    severity="medium",
    cells=("cloudtrail/encryption/customer",),
    needs=("trails",),
    why="Whoever may read the bucket reads who does what.",
)
def encrypted(account: Snapshot) -> Iterator[Outcome]:
    def test(trail: dict[str, Any]) -> Outcome | None:
        if trail.get("KmsKeyId"):
            return None
        command = aws("cloudtrail", "update-trail", region=trail["HomeRegion"], name=trail["Name"],
                      kms_key_id="alias/cloudtrail")  # fmt: skip
        note = "The key alias/cloudtrail must be there, with a policy that lets cloudtrail.amazonaws.com encrypt."
        return failed(trail["TrailARN"], "no key of KMS encrypts the trail", fix=Fix((command,), account.account, note))

    return each(account, account.fact("trails"), test, "trails")
