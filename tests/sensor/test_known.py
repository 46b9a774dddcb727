"""What the sensor knows beside events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from garrison.aws.errors import AwsError
from garrison.sensor.known import LEAKED, Known
from garrison.sensor.known_before import KnownBefore
from garrison.store import Store
from garrison.trail.event import event
from garrison.trail.log import Trail
from tests.trail.calls import NOON, call

ACCOUNT = "111122223333"


def test_a_key_is_leaked_while_a_list_has_it(tmp_path: Path) -> None:
    now = 0.0
    known = Known(tmp_path, lambda: now)
    assert known(ACCOUNT, "access_key", "AKIAONE") == {}
    (tmp_path / LEAKED).mkdir()
    (tmp_path / LEAKED / "bait.txt").write_text("# laid out\nAKIAONE  # in the wiki\n\n")
    now = 5.0
    assert known(ACCOUNT, "access_key", "AKIAONE") == {"leaked": "bait"}
    assert known(ACCOUNT, "access_key", "AKIATWO") == {}
    assert known(ACCOUNT, "access_key", "") == {}
    (tmp_path / LEAKED / "bait.txt").write_bytes(b"\xff")
    now = 10.0
    assert known(ACCOUNT, "access_key", "AKIAONE") == {"leaked": "bait"}  # what cannot be read takes nothing away


def test_of_what_nobody_knows_nothing_is_said(tmp_path: Path) -> None:
    known = Known(tmp_path)
    assert known(ACCOUNT, "address", "192.0.2.1") == {}
    assert known(ACCOUNT, "bucket", "b") == {}


def test_what_was_is_asked_of_the_trail_and_what_is_elsewhere(tmp_path: Path) -> None:
    known = Known(
        tmp_path,
        now=lambda account, kind, id: {"now": f"{account} {kind} {id}"},
        before=lambda account, kind, id, event: {"before": f"{account} {kind} {id} {event}"},
    )
    assert known(ACCOUNT, "bucket", "b") == {"now": f"{ACCOUNT} bucket b"}
    assert known(ACCOUNT, "bucket", "b", "e") == {"before": f"{ACCOUNT} bucket b e"}
    assert set(known(ACCOUNT, "network", ACCOUNT)) == {"resolvers"}


def test_a_password_policy_and_a_bucket_are_as_the_last_change_that_was_made_left_them(
    sqlite_store: Store, tmp_path: Path
) -> None:
    trail = Trail(sqlite_store, tmp_path)
    ids: dict[str, str] = {}

    def happens(name: str, service: str, operation: str, params: dict[str, Any], error: AwsError | None = None) -> None:
        entry = event(call(service, operation, params, now=NOON + len(ids)), error=error)
        ids[name] = entry.id
        trail.record_read(entry)
        trail.flush()

    denied = AwsError("AccessDenied", "no", status=403)
    before = KnownBefore(sqlite_store, tmp_path)
    happens("other", "iam", "CreateUser", {"UserName": "x"})
    happens("first", "iam", "UpdateAccountPasswordPolicy", {"MinimumPasswordLength": 14})
    happens("refused", "iam", "UpdateAccountPasswordPolicy", {"MinimumPasswordLength": 3}, denied)
    happens("second", "iam", "UpdateAccountPasswordPolicy", {"MinimumPasswordLength": 10})
    happens("gone", "iam", "DeleteAccountPasswordPolicy", {})
    happens("third", "iam", "UpdateAccountPasswordPolicy", {"MinimumPasswordLength": 8})
    lengths = {name: before(ACCOUNT, "password_policy", ACCOUNT, id) for name, id in ids.items()}
    strong, weak = {"minimumPasswordLength": 14}, {"minimumPasswordLength": 10}
    assert lengths == {"other": {}, "first": {}, "refused": strong, "second": strong, "gone": weak, "third": {}}
    for name, bucket in (("mine", "b"), ("theirs", "c"), ("again", "b")):
        happens(name, "s3", "PutBucketPolicy", {"Bucket": bucket, "Policy": json.dumps({"Id": name})})
    happens("without", "s3", "DeleteBucketPolicy", {"Bucket": "b"})
    happens("last", "s3", "PutBucketPolicy", {"Bucket": "b", "Policy": "{}"})
    assert before(ACCOUNT, "bucket", "b", ids["mine"]) == {}
    assert before(ACCOUNT, "bucket", "b", ids["again"]) == {"policy": {"Id": "mine"}}
    assert before(ACCOUNT, "bucket", "b", ids["last"]) == {"policy": None}
    assert before(ACCOUNT, "bucket", "b", "no such event") == {}
    assert before(ACCOUNT, "user", "b", ids["last"]) == {}
    trail.close()
