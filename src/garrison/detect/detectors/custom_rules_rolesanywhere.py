"""Custom detection rule over IAM Roles Anywhere: a certificate authority roles will trust.

Logic: specification 2, `RolesAnywhereTrustAnchorCreated`; another certificate for an anchor there is does the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall
from garrison.detect.parameters import text
from garrison.detect.registry import on_event
from garrison.detect.saying import of_rule

TYPE = "Persistence:RolesAnywhere/AccountManipulation"


@on_event(ApiCall, TYPE, names=("CreateTrustAnchor", "UpdateTrustAnchor"))
def trust_anchor(call: ApiCall, context: Context) -> Iterable[Detection]:
    if call.source != "rolesanywhere" or call.error:
        return ()
    if call.name == "UpdateTrustAnchor" and not call.params.get("source"):
        return ()
    name = text(call.params.get("name") or call.params.get("trustAnchorId"))
    return (of_rule("RolesAnywhereTrustAnchorCreated", call, context, resource=name),)
