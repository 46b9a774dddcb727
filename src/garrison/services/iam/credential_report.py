"""The credential report: every user of the account and the state of its credentials, as CSV.

Source: IAM user guide, "Generate credential reports for your AWS account": columns, values, and the four hours a report
is kept; API reference, GenerateCredentialReport and GetCredentialReport.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from garrison.access import accounts
from garrison.access.call import Call
from garrison.access.runtime import Runtime
from garrison.aws.errors import AwsError
from garrison.services.iam import owners, password_policy
from garrison.services.iam.background import soon
from garrison.services.iam.credentials import SIGNING_CERTIFICATE
from garrison.services.iam.last_used import latest
from garrison.services.iam.owners import USERS
from garrison.services.iam.resources import ACCESS_KEY, LOGIN_PROFILE, MFA, USER
from garrison.services.operation import operation
from garrison.store import Kind, Reader, Transaction

LIFE = 4 * 3600.0
"""Seconds a report is kept, and until a new one can be made."""
OVERDUE = 60.0
"""Seconds after which a report still in the making is started again: whoever made it was stopped."""

COLUMNS = (
    "user", "arn", "user_creation_time",
    "password_enabled", "password_last_used", "password_last_changed", "password_next_rotation", "mfa_active",
    *(
        f"access_key_{n}_{what}"
        for n in (1, 2)
        for what in ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
    ),
    "cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated",
)  # fmt: skip
NONE, NEVER, UNSUPPORTED = "N/A", "no_information", "not_supported"
_DAY = 86400.0
_NAME = "credential-report"


class Report(msgspec.Struct, frozen=True, omit_defaults=True):
    """The account's one report."""

    started: float
    content: bytes | None = None
    """None while it is being made."""
    generated: float = 0.0


REPORT = Kind("iam.credential-report", Report)


@operation("iam", "GenerateCredentialReport", access="write")
def generate_credential_report(call: Call, tx: Transaction) -> dict[str, Any]:
    row = tx.get(REPORT, call.account, _NAME)
    if row is not None and row.body.content is not None and call.now - row.body.generated < LIFE:
        return {"State": "COMPLETE"}
    if row is not None and row.body.content is None and call.now - row.body.started < OVERDUE:
        return {"State": "INPROGRESS"}
    body = Report(started=call.now)
    if row is None:
        tx.insert(REPORT, call.account, _NAME, body, id=f"{_NAME}:{call.account}", created=call.now)
    else:
        tx.update(row, body, updated=call.now)
    runtime, account = call.runtime, call.account
    soon("credential-report", lambda: make(runtime, account))
    return {"State": "STARTED", "Description": "No report exists. Starting a new report generation task"}


@operation("iam", "GetCredentialReport", access="read")
def get_credential_report(call: Call, reader: Reader) -> dict[str, Any]:
    row = reader.get(REPORT, call.account, _NAME)
    # The errors' texts are those of the API reference.
    if row is None:
        raise AwsError(
            "ReportNotPresent",
            "The credential report does not exist. To generate a credential report, use GenerateCredentialReport.",
        )
    if row.body.content is None:
        raise AwsError("ReportInProgress", "The credential report is still being generated.")
    if call.now - row.body.generated >= LIFE:
        raise AwsError(
            "ReportExpired",
            "The most recent credential report has expired. "
            "To generate a new credential report, use GenerateCredentialReport.",
        )
    return {"Content": row.body.content, "ReportFormat": "text/csv", "GeneratedTime": row.body.generated}


def make(runtime: Runtime, account: str) -> None:
    """Make the report that was asked for. Blocks: not for the event loop."""
    with runtime.store.reading() as reader:
        row = reader.get(REPORT, account, _NAME)
        if row is None or row.body.content is not None:
            return
        now = runtime.clock.now()
        content = written(runtime, reader, account)

    def keep(tx: Transaction) -> None:
        current = tx.get(REPORT, account, _NAME)
        if current is not None and current.body.content is None:
            tx.update(current, msgspec.structs.replace(current.body, content=content, generated=now), updated=now)

    runtime.store.writing(keep)


def written(runtime: Runtime, reader: Reader, account: str) -> bytes:
    """The report as CSV."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(COLUMNS)
    lines.writerow(_root(runtime, reader, account))
    policy = password_policy.policy_of(reader, account)
    max_age = None if policy is None else policy.max_age
    for user in reader.page(USER, account):
        lines.writerow(
            [
                user.name,
                owners.arn_of(runtime.partition, USERS, user),
                _time(user.created),
                *_password(reader, user.id, user.body.password_last_used, max_age),
                _yes(bool(reader.targets(MFA, user.id))),
                *_keys(runtime, reader, account, user.id),
                *_certificates(reader, account, user.id),
            ]
        )
    return out.getvalue().rstrip("\n").encode()


def _root(runtime: Runtime, reader: Reader, account: str) -> list[str]:
    row = accounts.account(reader, account)
    profile = reader.by_id(LOGIN_PROFILE, account)
    used = None if profile is None else profile.body.last_used
    return [
        "<root_account>",
        f"arn:{runtime.partition}:iam::{account}:root",
        NONE if row is None else _time(row.created),
        UNSUPPORTED,
        NEVER if used is None else _time(used),
        UNSUPPORTED,
        UNSUPPORTED,
        _yes(bool(reader.targets(MFA, account))),
        *_keys(runtime, reader, account, account),
        *_certificates(reader, account, account),
    ]


def _password(reader: Reader, user_id: str, used: float | None, max_age: int | None) -> list[str]:
    profile = reader.by_id(LOGIN_PROFILE, user_id)
    if profile is None:
        return [_yes(False), NONE, NONE, NONE]
    changed = profile.body.changed or profile.created
    return [
        _yes(True),
        NEVER if used is None else _time(used),
        _time(changed),
        NONE if max_age is None else _time(changed + max_age * _DAY),
    ]


def _keys(runtime: Runtime, reader: Reader, account: str, owner_id: str) -> Iterator[str]:
    keys = sorted(reader.page(ACCESS_KEY, account, parent=owner_id), key=lambda row: (row.created, row.id))
    for n in range(2):
        if n >= len(keys):
            yield from (_yes(False), NONE, NONE, NONE, NONE)
            continue
        used = latest(runtime, keys[n])
        yield from (_yes(keys[n].body.status == "Active"), _time(keys[n].created))
        yield from (NONE, NONE, NONE) if used is None else (_time(used.date), used.region or NONE, used.service or NONE)


def _certificates(reader: Reader, account: str, owner_id: str) -> Iterator[str]:
    rows = sorted(reader.page(SIGNING_CERTIFICATE, account, parent=owner_id), key=lambda row: (row.created, row.id))
    for n in range(2):
        if n >= len(rows):
            yield from (_yes(False), NONE)
        else:
            yield from (_yes(rows[n].body.status == "Active"), _time(rows[n].body.status_changed or rows[n].created))


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).isoformat()


def _yes(value: bool) -> str:
    return "true" if value else "false"
