"""Custom detection rules over SES: an account made ready to send mail in volume.

Logic: specification 2, table of custom detection rules. A domain is verified, sending is turned on, the account
leaves the sandbox. Verifying single addresses is none of it.
"""

from __future__ import annotations

from collections.abc import Iterable

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall
from garrison.detect.parameters import text, truth
from garrison.detect.registry import on_event
from garrison.detect.saying import of_rule

SENDS = "Impact:SES/ResourceHijacking"
VERIFIED = "ResourceDevelopment:SES/CompromiseAccounts"
_SOURCES = ("ses", "email", "sesv2")


@on_event(ApiCall, SENDS, names=("UpdateAccountSendingEnabled", "PutAccountSendingAttributes", "PutAccountDetails"))
def sending(call: ApiCall, context: Context) -> Iterable[Detection]:
    if call.source not in _SOURCES or call.error:
        return ()
    params = call.params
    if call.name == "PutAccountDetails":
        asked = truth(params.get("productionAccessEnabled"))
        return (of_rule("SESProductionAccessEnabled", call, context),) if asked else ()
    enabled = params.get("enabled" if call.name.startswith("Update") else "sendingEnabled")
    return (of_rule("SESAccountSendingEnabled", call, context),) if truth(enabled) else ()


@on_event(ApiCall, VERIFIED, names=("VerifyDomainIdentity", "CreateEmailIdentity"))
def domain(call: ApiCall, context: Context) -> Iterable[Detection]:
    name = text(call.params.get("domain") or call.params.get("emailIdentity"))
    if call.source not in _SOURCES or call.error or not name or "@" in name:
        return ()
    return (of_rule("SESDomainIdentityVerified", call, context, resource=name),)
