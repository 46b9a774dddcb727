"""An access key that is known to be leaked, or was laid out as bait, is used.

Logic: specification 2, `CredentialAccess:IAMUser/CompromisedCredentials`. AWS learns of leaked keys itself; here the
operator names them: `context.known("access_key", id)` has `leaked`, the name of the list. Where AWS learned of one it
attaches a policy of its own to the key's user (IAM user guide, "AWSCompromisedKeyQuarantineV3"), which tells it here.
"""

from __future__ import annotations

from collections.abc import Iterable

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall
from garrison.detect.parameters import text
from garrison.detect.registry import on_event
from garrison.detect.saying import of_call

TYPE = "CredentialAccess:IAMUser/CompromisedCredentials"
_QUARANTINE = "policy/AWSCompromisedKeyQuarantine"


@on_event(ApiCall, TYPE)
def leaked_key(call: ApiCall, context: Context) -> Iterable[Detection]:
    key = call.access_key
    if not key.startswith("AKIA"):
        return ()
    leaked = context.known("access_key", key).get("leaked")
    if not leaked:
        return ()
    return (of_call(TYPE, call, context, (key,), resource=key, additional={"list": str(leaked)}),)


@on_event(ApiCall, TYPE, names=("AttachUserPolicy",))
def quarantined(call: ApiCall, context: Context) -> Iterable[Detection]:
    user = text(call.params.get("userName"))
    if call.source != "iam" or call.error or _QUARANTINE not in text(call.params.get("policyArn")):
        return ()
    return (of_call(TYPE, call, context, (user,), resource=f"of user {user}", additional={"quarantined": user}),)
