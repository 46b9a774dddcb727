"""Passwords, MFA and access keys of every user, and of the root user.

The credential report tells most of it in one call, but AWS keeps a report for four hours: one that is older than some
minutes would still accuse whoever has put things right. Then every user is asked for.
"""

from __future__ import annotations

import base64
import contextlib
import csv
import io
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from garrison.checks.api import Api, NotRead, Output, Refused, pages, readable
from garrison.checks.fact import fact

FRESH = 120.0
"""Seconds a credential report counts as the present."""
_WAIT = 60.0
_NO_TIME = ("", "N/A", "no_information", "not_supported")


@fact(
    "credentials",
    "iam:GenerateCredentialReport",
    "iam:GetCredentialReport",
    "iam:ListUsers",
    "iam:ListAccessKeys",
    "iam:ListMFADevices",
    "iam:GetLoginProfile",
    "iam:GetAccessKeyLastUsed",
)
def credentials(api: Api) -> dict[str, Any]:
    """`root` and `users`, each with `name`, `arn`, `created`, `password`, `password_last_used`, `mfa` and `keys` (`id`,
    `active`, `created`, `last_used`). `root` is None where no report can be had."""
    rows: list[Mapping[str, str]] = []
    fresh = False
    with contextlib.suppress(NotRead, Refused):  # users can be asked for one by one; only the root user cannot
        rows, fresh = _report(api)
    of_users = [row for row in rows if row["user"] != "<root_account>"]
    root = next((row for row in rows if row["user"] == "<root_account>"), None)
    users = _of_report(api, of_users) if fresh else _asked(api)
    return {"root": None if root is None else _person(root, list(_report_keys(root))), "users": users}


def _report(api: Api) -> tuple[list[Mapping[str, str]], bool]:
    deadline = time.monotonic() + _WAIT
    api_says: dict[str, Any] = {}
    while True:
        try:
            state = api.call("iam", "GenerateCredentialReport").get("State")
        except NotRead as e:
            if not e.absent:
                raise
            state = "COMPLETE"  # whoever reads without writing has a report at hand
        if state == "COMPLETE":
            api_says = api.call("iam", "GetCredentialReport")
            break
        if time.monotonic() > deadline:
            raise NotRead("iam:GetCredentialReport", "it was not made within a minute")
        time.sleep(0.2)
    content = base64.b64decode(api_says["Content"]).decode()
    made = datetime.fromisoformat(api_says["GeneratedTime"])
    age = (datetime.now(UTC) - made).total_seconds()
    return list(csv.DictReader(io.StringIO(content))), age < FRESH


def _time(text: str | None) -> str | None:
    return None if text in _NO_TIME else text


def _person(row: Mapping[str, str], keys: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": row["user"],
        "arn": row["arn"],
        "created": row["user_creation_time"],
        "password": row["password_enabled"].lower() == "true",
        "password_last_used": _time(row["password_last_used"]),
        "mfa": row["mfa_active"].lower() == "true",
        "keys": keys,
    }


def _report_keys(row: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The keys a report tells, which tells no ids."""
    for n in (1, 2):
        created = _time(row.get(f"access_key_{n}_last_rotated"))
        active = row.get(f"access_key_{n}_active", "").lower() == "true"
        if created is not None or active:
            last = _time(row.get(f"access_key_{n}_last_used_date"))
            yield {"id": "", "active": active, "created": created, "last_used": last}


def _of_report(api: Api, rows: list[Mapping[str, str]]) -> list[dict[str, Any]]:
    """The report's users; those with keys are asked for the ids."""
    reported = [(row, list(_report_keys(row))) for row in rows]
    with_keys = [row["user"] for row, keys in reported if keys]
    listed = _several(api, "ListAccessKeys", [{"UserName": name} for name in with_keys])
    ids: dict[str, list[dict[str, Any]]] = {}
    for name, answer in zip(with_keys, listed, strict=True):
        if not isinstance(answer, Refused):
            ids[name] = answer["AccessKeyMetadata"]
    return [_person(row, _named(keys, ids.get(row["user"]))) for row, keys in reported]


def _named(keys: list[dict[str, Any]], listed: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """Keys of a report with their ids; the report knows them by when they were made."""
    if listed is None:
        return keys
    used = {_second(key["created"]): key["last_used"] for key in keys}
    return [
        {
            "id": one["AccessKeyId"],
            "active": one["Status"] == "Active",
            "created": one["CreateDate"],
            "last_used": used.get(_second(one["CreateDate"])),
        }
        for one in listed
    ]


def _second(moment: str | None) -> int:
    return 0 if moment is None else int(datetime.fromisoformat(moment).timestamp())


def _asked(api: Api) -> list[dict[str, Any]]:
    """Every user, asked for one by one."""
    users = list(pages(api, "iam", "ListUsers", "Users"))
    of_each = [{"UserName": user["UserName"]} for user in users]
    profiles = _several(api, "GetLoginProfile", of_each)
    devices = _several(api, "ListMFADevices", of_each)
    keys = _several(api, "ListAccessKeys", of_each)
    listed = [[] if isinstance(one, Refused) else one["AccessKeyMetadata"] for one in keys]
    wanted = [{"AccessKeyId": key["AccessKeyId"]} for several in listed for key in several]
    used: dict[str, str | None] = {}
    for one, answer in zip(wanted, _several(api, "GetAccessKeyLastUsed", wanted), strict=True):
        if not isinstance(answer, Refused):
            used[one["AccessKeyId"]] = answer.get("AccessKeyLastUsed", {}).get("LastUsedDate")
    return [
        {
            "name": user["UserName"],
            "arn": user["Arn"],
            "created": user["CreateDate"],
            "password": not isinstance(profile, Refused),
            "password_last_used": user.get("PasswordLastUsed"),
            "mfa": not isinstance(device, Refused) and bool(device["MFADevices"]),
            "keys": [
                {
                    "id": key["AccessKeyId"],
                    "active": key["Status"] == "Active",
                    "created": key["CreateDate"],
                    "last_used": used.get(key["AccessKeyId"]),
                }
                for key in several
            ],
        }
        for user, profile, device, several in zip(users, profiles, devices, listed, strict=True)
    ]


def _several(api: Api, operation: str, params: list[dict[str, Any]]) -> list[Output | Refused]:
    return readable(f"iam:{operation}", api.several("iam", operation, params))
