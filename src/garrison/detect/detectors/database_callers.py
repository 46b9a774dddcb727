"""Sign-ins to databases from addresses on lists.

Logic: specification 2, RDS table. A connection that gave no user's name looked around.
"""

from __future__ import annotations

from collections.abc import Iterable

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import DatabaseLogin
from garrison.detect.listed import MALICIOUS, TOR, by_kind, evidence
from garrison.detect.registry import on_event
from garrison.detect.saying import of_login

_TYPES = tuple(
    f"{what}"
    for kind in (MALICIOUS, TOR)
    for what in (
        f"CredentialAccess:RDS/{kind}.FailedLogin", f"CredentialAccess:RDS/{kind}.SuccessfulLogin",
        f"Discovery:RDS/{kind}",
    )
)  # fmt: skip


@on_event(DatabaseLogin, *_TYPES)
def listed_caller_of_database(login: DatabaseLogin, context: Context) -> Iterable[Detection]:
    matches = context.intel.address(login.source)
    if not matches:
        return
    for kind, some in by_kind(matches).items():
        kind = TOR if kind == TOR else MALICIOUS  # there is no type of its own for the user's lists
        if not login.user:
            type = f"Discovery:RDS/{kind}"
        else:
            type = f"CredentialAccess:RDS/{kind}.{'SuccessfulLogin' if login.succeeded else 'FailedLogin'}"
        key = (login.database, login.user, login.source)
        yield of_login(
            type, login, context, key, failed=0 if login.succeeded else 1, succeeded=1 if login.succeeded else 0,
            evidence=evidence(some),
        )  # fmt: skip
