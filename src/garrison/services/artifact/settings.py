"""An account's settings: whether it wants to hear of new reports, and of changes of agreements."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.services.artifact.notices import subscribe
from garrison.services.artifact.resources import SETTINGS, Settings
from garrison.services.operation import operation
from garrison.store import Reader, Transaction

_NAME = "settings"


def settings_of(reader: Reader, account: str) -> Settings:
    """As they stand."""
    row = reader.get(SETTINGS, account, _NAME)
    return Settings() if row is None else row.body


def _shown(found: Settings) -> dict[str, Any]:
    return {"accountSettings": {"notificationSubscriptionStatus": found.notifications}}


@operation("artifact", "GetAccountSettings", access="read")
def get_account_settings(call: Call, reader: Reader) -> dict[str, Any]:
    return _shown(settings_of(reader, call.account))


@operation("artifact", "PutAccountSettings", access="write")
def put_account_settings(call: Call, tx: Transaction) -> dict[str, Any]:
    row = tx.get(SETTINGS, call.account, _NAME)
    asked = call.params.get("notificationSubscriptionStatus")
    found = settings_of(tx, call.account) if asked is None else Settings(asked)
    if row is None:
        tx.insert(SETTINGS, call.account, _NAME, found, id=f"{call.account}/{_NAME}", created=call.now)
    else:
        tx.update(row, found)
    subscribe(tx, call.account, found.notifications == "SUBSCRIBED")
    return _shown(found)
