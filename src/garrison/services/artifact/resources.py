"""What Artifact stores.

- `REPORT`: a report, kept under `EVERYBODY`, for whoever may see it (`reports.visible`); name and id are `report-...`
- `VERSION`: one version of it: name is `report-.../000001`; its content is a sealed file
- `TERM_TOKEN`: that somebody was shown a version's terms: name is the token's SHA-256
- `AGREEMENT_TOKEN`: one step on the way to an agreement, likewise; used once
- `CUSTOMER_AGREEMENT`: an agreement somebody entered: of the account that did; kept when it ends
- `INQUIRY`: name and id are `compliance-inquiry-...`, of a region; `QUERY`: its parent is the inquiry, name `00001`
- `NOTICE`: an event that somebody is still to hear of: under no account, named so that the oldest comes first
- `OFFERED`: the revision of an offered agreement that subscribers know of: name is the agreement's id
- `SETTINGS`, `REGULATIONS`: one each per account, name as the kind's last word
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.store import Kind

EVERYBODY = "aws"
"""What reports are kept under: their ARNs name no account."""


class Report(msgspec.Struct, frozen=True, omit_defaults=True):
    """What all versions of a report have in common."""

    title: str
    description: str
    series: str
    category: str
    company: str
    product: str
    owner: str
    """The account that published it: it alone adds versions; it and its organization see them."""
    acceptance: str
    """`EXPLICIT`: the terms are to be accepted; `PASSTHROUGH`: reading them is enough."""
    published: bool = True
    newest: int = 0
    """Number of the newest version."""


class Version(msgspec.Struct, frozen=True, omit_defaults=True):
    """One version of a report."""

    report: str
    number: int
    period_start: float
    period_end: float
    sha256: str
    """Of the document, hexadecimal."""
    size: int
    media_type: str
    terms_sha256: str
    terms_media_type: str
    by: str
    """ARN of who published it."""
    signed_with: str = ""
    """Fingerprint of the key whose signature over the document was verified; "" where it carried none."""
    key: str = ""
    """ARN of the KMS key the document is sealed under; "" where only the root key seals it."""


class TermToken(msgspec.Struct, frozen=True):
    """Somebody was given the terms of a version."""

    principal: str
    report: str
    number: int
    expires: float


class AgreementToken(msgspec.Struct, frozen=True):
    """A step that somebody may take next."""

    step: str
    """What it is for: `accept-nda`, `get`, `terms`, `execute`, `terminate`."""
    principal: str
    agreement: str
    """Of what: an agreement's id, or a customer agreement's."""
    revision: str
    expires: float


class CustomerAgreement(msgspec.Struct, frozen=True, omit_defaults=True):
    """An agreement an account, or an organization by its management account, has entered."""

    agreement: str
    """The agreement's id."""
    revision: str
    title: str
    description: str
    kind: str
    """`BAA`, `DPA`, ...: what frameworks ask for."""
    acceptance_terms: tuple[str, ...]
    terminate_terms: tuple[str, ...]
    text_sha256: str
    start: float
    by: str
    organization: str = ""
    """ARN of the organization it covers; "" where it covers the account alone."""
    state: str = "ACTIVE"
    end: float | None = None


class Settings(msgspec.Struct, frozen=True):
    """An account's settings."""

    notifications: str = "NOT_SUBSCRIBED"


class Notice(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event, and who has not heard of it."""

    event: dict[str, Any]
    """As EventBridge has it."""
    emails: tuple[str, ...]
    due: float
    """When it is tried (again)."""
    told: tuple[str, ...] = ()
    """Outlets that took it: `file`, `webhook`, `mail`."""
    tries: int = 0


class Offered(msgspec.Struct, frozen=True):
    """What subscribers know of an offered agreement."""

    revision: str


class Regulations(msgspec.Struct, frozen=True):
    """What an account says it is subject to."""

    ids: tuple[str, ...] = ()


class Inquiry(msgspec.Struct, frozen=True, omit_defaults=True):
    """Questions that were asked together."""

    title: str
    source: str
    """`TEXT` or `FILE`."""
    digest: str
    """SHA-256 of what was asked: what a client token stands for."""
    client_token: str = ""
    tags: dict[str, str] = {}
    queries: int = 0


class Feedback(msgspec.Struct, frozen=True, omit_defaults=True):
    """What somebody thinks of an answer."""

    rating: str
    reasons: tuple[str, ...]
    comment: str
    by: str
    when: float


class Query(msgspec.Struct, frozen=True, omit_defaults=True):
    """One question and its answer."""

    number: int
    section: str
    row: int
    text: str
    response: str
    verdict: str
    citations: tuple[dict[str, str], ...] = ()
    feedback: tuple[Feedback, ...] = ()


REPORT = Kind("artifact.report", Report)
VERSION = Kind("artifact.version", Version)
TERM_TOKEN = Kind("artifact.term-token", TermToken)
AGREEMENT_TOKEN = Kind("artifact.agreement-token", AgreementToken)
CUSTOMER_AGREEMENT = Kind("artifact.customer-agreement", CustomerAgreement)
INQUIRY = Kind("artifact.inquiry", Inquiry)
QUERY = Kind("artifact.query", Query)
NOTICE = Kind("artifact.notice", Notice)
OFFERED = Kind("artifact.offered", Offered)
SETTINGS = Kind("artifact.settings", Settings)
REGULATIONS = Kind("artifact.regulations", Regulations)
