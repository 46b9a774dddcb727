"""Users of databases that come from elsewhere, or fail far more often than ever."""

from __future__ import annotations

import msgspec

from garrison.detect.events import DatabaseLogin
from tests.detect.case import Case
from tests.detect.habits import ELSEWHERE, sign_ins
from tests.detect.making import NOW, login

_SUCCEEDED = "CredentialAccess:RDS/AnomalousBehavior.SuccessfulLogin"
_FAILED = "CredentialAccess:RDS/AnomalousBehavior.FailedLogin"
_HOUR = NOW - NOW % 3600


def _hours(days: int = 8) -> tuple[DatabaseLogin, ...]:
    return tuple(login(succeeded=h % 9 > 0, time=_HOUR - h * 3600) for h in range(24 * days - 1, 0, -1))


def _failing(n: int, source: str = ELSEWHERE) -> tuple[DatabaseLogin, ...]:
    return tuple(login(succeeded=False, source=source, time=_HOUR + i) for i in range(n))


CASES: tuple[Case, ...] = (
    Case(
        name="a user of a database comes from elsewhere",
        before=sign_ins(),
        events=(login(succeeded=True, source=ELSEWHERE),),
        fires=(_SUCCEEDED,),
    ),
    Case(
        name="a user of a database comes from the usual place, and from elsewhere in vain",
        before=sign_ins(),
        events=(login(succeeded=True), login(succeeded=False, source=ELSEWHERE)),
        near=(_SUCCEEDED,),
    ),
    Case(
        name="a user of a database comes from elsewhere after five days",
        before=sign_ins(5),
        events=(msgspec.structs.replace(login(succeeded=True, source=ELSEWHERE), application="dump"),),
        near=(_SUCCEEDED,),
    ),
    Case(
        name="a user of a database comes from another network every day",
        before=tuple(
            msgspec.structs.replace(each, source=f"93.{n}.1.1") if n % 2 else each
            for n, each in enumerate(sign_ins(20))
        ),
        events=(login(succeeded=True, source=ELSEWHERE),),
        near=(_SUCCEEDED,),
    ),
    Case(name="far more sign-ins fail than ever", before=_hours(), events=_failing(60), fires=(_FAILED,)),
    Case(name="a few sign-ins fail", before=_hours(), events=_failing(5), near=(_FAILED,)),
    Case(name="many sign-ins fail after five days", before=_hours(5), events=_failing(60), near=(_FAILED,)),
    Case(
        name="an application has an old password",
        before=_hours(),
        events=_failing(60, "198.51.100.23"),
        near=(_FAILED,),
    ),
)
