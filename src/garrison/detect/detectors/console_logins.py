"""Somebody signed in to the console with a password alone.

Logic: specification 2, `ConsoleLoginWithoutMFA`: ConsoleLogin succeeded with `MFAUsed` No. Federated sign-ins and
those of roles are left out: their MFA is the identity provider's, and CloudTrail says No of all of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall
from garrison.detect.registry import on_event
from garrison.detect.saying import of_rule

TYPE = "InitialAccess:IAM/ValidAccounts"


@on_event(ApiCall, TYPE, names=("ConsoleLogin",))
def without_mfa(call: ApiCall, context: Context) -> Iterable[Detection]:
    more = call.record.get("additionalEventData")
    if (
        call.source != "signin"
        or call.error
        or not isinstance(more, dict)
        or call.response.get("ConsoleLogin") != "Success"
    ):
        return ()
    if call.identity_type not in ("IAMUser", "Root") or more.get("MFAUsed") != "No" or more.get("SamlProviderArn"):
        return ()
    return (of_rule("ConsoleLoginWithoutMFA", call, context),)
