"""From one web ACL to another, without a request that is judged by none.

What is new takes effect when every inspector has compiled it, so that nobody waits; until then what was before stays,
and the call that made the change is not answered. Inspectors that take too long are not waited for any longer: then
requests are refused until one is ready.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from garrison.access.sites import Site
from garrison.edge.inspection.guards import Plan, mentions
from garrison.edge.world import Protection
from garrison.waf.web_acl import FIXED_BODY_LIMITS

PATIENCE = 20.0
"""Seconds for inspectors to get ready."""


class Changeover:
    """`protections(...)` of each new state of things, then `applied(...)` when the data plane serves them."""

    def __init__(self) -> None:
        self._served: dict[str, Protection | None] = {}
        """By ARN of the site, of all that are served."""
        self._until: dict[str, float] = {}
        """Until when inspectors have time, by ARN of the site that waits for them."""

    @property
    def pending(self) -> bool:
        """Whether some web ACL waits for its inspectors."""
        return bool(self._until)

    def due(self, *, ready: bool, now: float) -> bool:
        """Whether what waits need wait no longer."""
        return self.pending and (ready or now >= min(self._until.values()))

    def protections(self, plans: Sequence[Plan], *, ready: bool, now: float) -> dict[str, Protection]:
        """What is to protect which site now. `ready`: every inspector knows all of `plans`."""
        found: dict[str, Protection] = {}
        until: dict[str, float] = {}
        for plan in plans:
            new = protection(plan)
            held = self._served.get(plan.site)
            patient = self._until.get(plan.site, now + PATIENCE)
            waits = not ready and now < patient and plan.site in self._served
            if waits and (held is None or held.web_acl != new.web_acl):
                until[plan.site] = patient
                if held is not None:
                    found[plan.site] = held
            else:
                found[plan.site] = new
        self._until = until
        return found

    def applied(self, sites: Sequence[Site], protected: Mapping[str, Protection]) -> None:
        """This is served."""
        self._served = {site.arn: protected.get(site.arn) for site in sites}

    def unlike(self, wanted: Mapping[str, Protection]) -> set[str]:
        """Sites that are served, but by another web ACL than they are to be."""
        return {
            arn
            for arn, held in self._served.items()
            if arn in wanted and (held is None or held.web_acl != wanted[arn].web_acl)
        }


def protection(plan: Plan) -> Protection:
    """What the data plane must give to the inspection."""
    document = plan.document or {}
    limits = (document.get("AssociationConfig") or {}).get("RequestBody") or {}
    configured = limits.get(plan.resource.kind, {}).get("DefaultSizeInspectionLimit", "KB_16")
    body = FIXED_BODY_LIMITS.get(plan.resource.kind) or int(configured.removeprefix("KB_")) * 1024
    return Protection(plan.web_acl or "", body=body, order=mentions([document, plan.named], "HeaderOrder"))
