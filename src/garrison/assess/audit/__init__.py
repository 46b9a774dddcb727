"""Audits: a checklist whose every item runs, leaves evidence, and can be attested by a person.

    checklist = load("aws-security", checks)      # what is asked: data
    audit = perform(checklist, collector, ...)    # asked of accounts, now
    ledger.append(audit_records(audit), signer)   # kept as evidence is
    standing(audited, attestations, now)          # where each item stands, attestations counted

An item is told by checks, by procedures and by samples; where a machine cannot know, a person attests, over the digest
of what was found, and only for as long as that stays so.
"""

from garrison.assess.audit.checklist import Checklist, ChecklistError, Domain, Item, Sample, built_in, load
from garrison.assess.audit.standing import Attestation, ItemStanding, Standing, counts, standing

__all__ = [
    "Attestation",
    "Checklist",
    "ChecklistError",
    "Domain",
    "Item",
    "ItemStanding",
    "Sample",
    "Standing",
    "built_in",
    "counts",
    "load",
    "standing",
]
