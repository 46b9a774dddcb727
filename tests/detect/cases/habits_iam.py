"""Calls that are unlike their principal and unlike its account, and one person in two countries."""

from __future__ import annotations

from typing import Any

from garrison.detect.baseline.memory import DAY
from garrison.detect.events import ApiCall
from tests.detect.case import Case
from tests.detect.habits import ELSEWHERE, STRANGE, by, week
from tests.detect.making import ADDRESS, NOW, api

_FAMILIES = {
    "CredentialAccess": ("secretsmanager", "GetSecretValue"),
    "DefenseEvasion": ("events", "DisableRule"),
    "Exfiltration": ("ec2", "CreateSnapshot"),
    "Impact": ("ec2", "TerminateInstances"),
    "InitialAccess": ("ssm", "StartSession"),
    "Persistence": ("ec2", "ImportKeyPair"),
    "PrivilegeEscalation": ("iam", "AddUserToGroup"),
}
"""Of each an API that no rule speaks of."""
_MODEL = "Impact:IAMUser/AnomalousModelInvocation"
_DISCOVERY = "Discovery:IAMUser/AnomalousBehavior"
_LOOKING = ("ListRoles", "ListPolicies", "ListGroups", "GetAccountSummary", "ListAccessKeys", "ListMFADevices")
_BODY = {"modelId": "anthropic.claude-v2"}


def _strange(source: str, name: str, params: dict[str, Any] | None = None, who: str = "morgan", **more: Any) -> ApiCall:
    return by(api(source, name, params or {}, **{"address": ELSEWHERE, "agent": STRANGE, **more}), who)


def _looking(
    names: tuple[str, ...] = _LOOKING, every: float = 1.0, read: bool = True, **more: Any
) -> tuple[ApiCall, ...]:
    begin = NOW - NOW % 600
    return tuple(_strange("iam", name, time=begin + n * every, read_only=read, **more) for n, name in enumerate(names))


CASES: tuple[Case, ...] = tuple(
    Case(
        name=f"a call of {tactic} is new, from where it is new",
        before=week(),
        events=(_strange(*call),),
        fires=(f"{tactic}:IAMUser/AnomalousBehavior",),
    )
    for tactic, call in _FAMILIES.items()
)
CASES += tuple(
    Case(
        name=f"a call of {tactic} is new, from the usual place, or made by a service",
        before=week(),
        events=(
            _strange(*call, address=ADDRESS, agent=week(days=1)[0].user_agent),
            api(*call, {}, who="service", time=NOW + 60),
            _strange(*call, address="cloudformation.amazonaws.com", time=NOW + 120),
        ),
        near=(f"{tactic}:IAMUser/AnomalousBehavior",),
    )
    for tactic, call in _FAMILIES.items()
)
CASES += tuple(
    Case(
        name=f"a call of {tactic} after six days",
        before=week(days=6),
        events=(_strange(*call),),
        near=(f"{tactic}:IAMUser/AnomalousBehavior",),
    )
    for tactic, call in _FAMILIES.items()
)
CASES += (
    Case(
        name="somebody looks around, from elsewhere and with another program",
        before=week(),
        events=_looking(),
        fires=(_DISCOVERY,),
    ),
    Case(
        name="somebody tags much, from elsewhere and with another program",
        before=week(),
        events=_looking(("TagRole", "TagUser", "TagPolicy", "TagInstanceProfile", "UntagRole", "UntagUser"), read=False),
        near=(_DISCOVERY,),
    ),
    Case(name="somebody looks a little", before=week(), events=_looking(_LOOKING[:4]), near=(_DISCOVERY,)),
    Case(name="somebody looks now and then", before=week(), events=_looking(every=700), near=(_DISCOVERY,)),
    Case(
        name="somebody looks around from the usual place",
        before=week(),
        events=_looking(address=ADDRESS, agent=week(days=1)[0].user_agent),
        near=(_DISCOVERY,),
    ),
    Case(
        name="a model nobody uses is asked from elsewhere",
        before=week(),
        events=(_strange("bedrock", "InvokeModel", _BODY, data=True),),
        fires=(_MODEL,),
    ),
    Case(
        name="a model somebody uses is asked from elsewhere, and one nobody uses from the usual place",
        before=(
            *week(),
            _strange("bedrock", "InvokeModel", _BODY, data=True, time=NOW - 5 * DAY, address=ADDRESS, agent="aws-cli/2"),
        ),
        events=(
            _strange("bedrock", "InvokeModel", _BODY, data=True, agent="aws-cli/2"),
            _strange("bedrock", "InvokeModel", {"modelId": "other"}, data=True, address=ADDRESS, agent="aws-cli/2"),
        ),
        near=(_MODEL,),
    ),
)  # fmt: skip

_CONSOLE = "UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B"
_TWO = {ADDRESS: "NL", ELSEWHERE: "BR"}


def _signs_in(address: str, at: float, response: str = "Success", who: str = "morgan") -> ApiCall:
    call = api(
        "signin", "ConsoleLogin", None, response={"ConsoleLogin": response}, address=address, time=at,
        more={"MFAUsed": "Yes", "MobileVersion": "No"},
    )  # fmt: skip
    return by(call, who)


CASES += (
    Case(
        name="one person signs in in two countries at once",
        events=(_signs_in(ADDRESS, NOW), _signs_in(ELSEWHERE, NOW + 1800)),
        countries=_TWO,
        fires=(_CONSOLE,),
    ),
    Case(
        name="one person flies, another is elsewhere, and a wrong password was tried",
        events=(
            _signs_in(ADDRESS, NOW),
            _signs_in(ELSEWHERE, NOW + 600, "Failure"),
            _signs_in(ELSEWHERE, NOW + 900, who="robin"),
            _signs_in(ELSEWHERE, NOW + 11 * 3600),
        ),
        countries=_TWO,
        near=(_CONSOLE,),
    ),
    Case(
        name="nobody knows in which countries somebody signs in",
        events=(_signs_in(ADDRESS, NOW), _signs_in(ELSEWHERE, NOW + 1800)),
        near=(_CONSOLE,),
    ),
    Case(
        name="one person lives here and there",
        before=(_signs_in(ELSEWHERE, NOW - 5 * DAY),),
        events=(_signs_in(ADDRESS, NOW), _signs_in(ELSEWHERE, NOW + 1800)),
        countries=_TWO,
        near=(_CONSOLE,),
    ),
)
