"""What a signed assertion says: for whom, for whose ears, until when, and which roles.

Sources: IAM user guide, "Configure SAML assertions for the authentication response", "Available keys for SAML-based
AWS STS federation" and "Troubleshoot SAML federation"; SAML 2.0 core, sections 2.4 and 2.5, and web browser profile. As
with AWS, an assertion may be redeemed more than once within its five minutes: tools ask for several roles with one.
"""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from garrison.access.federation import SamlProvider
from garrison.access.saml_xml import SAML, text_of
from garrison.aws.arn import Arn
from garrison.aws.errors import AwsError
from garrison.services.sts import saml_attributes, tags
from garrison.services.sts.federated_session import check_source_identity, refused, session_tags

if TYPE_CHECKING:
    from lxml.etree import _Element

REDEEM_SECONDS = 300
SKEW = 60
"""A guess: AWS does not say how far clocks may be apart."""
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_FORMAT = "urn:oasis:names:tc:SAML:2.0:nameid-format:"
_BASE = "https://aws.amazon.com/SAML/Attributes/"
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_ENDPOINTS = {"aws": "aws.amazon.com", "aws-cn": "amazonaws.cn", "aws-us-gov": "amazonaws-us-gov.com"}
_AUDIENCES = ("urn:amazon:webservices", "urn:amazon:webservices:cn-north-1", "urn:amazon:webservices:govcloud")


class Assertion(msgspec.Struct, frozen=True):
    """An assertion that is for us, and in time."""

    subject: str
    subject_type: str
    recipient: str
    issuer: str
    name_qualifier: str
    session_name: str
    roles: frozenset[tuple[str, str]]
    """Pairs of role and provider."""
    tags: tags.SessionTags
    source_identity: str | None
    not_after: float | None
    context: dict[str, str | tuple[str, ...]]
    """`saml:...` condition keys."""


def read(assertion: _Element, provider: SamlProvider, now: float) -> Assertion:
    """What the assertion says. Raises `AwsError`."""
    if assertion.get("Version") != "2.0":
        raise refused("Invalid SAML response")
    arn = Arn.parse(provider.arn)
    assert arn is not None
    _check_times(assertion, now)
    _check_audience(assertion, arn.partition, provider)
    subject, kind = _subject(assertion)
    recipient = _recipient(assertion, arn.partition, provider, now)
    found = _attributes(assertion)
    name = _single(found, "RoleSessionName")
    if name is None:
        raise refused("RoleSessionName is required in AuthnResponse")
    if not _SESSION_NAME.fullmatch(name):
        raise refused("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
    identity = _single(found, "SourceIdentity")
    check_source_identity(identity)
    issuer, friendly = provider.entity_id, arn.resource.partition("/")[2]
    qualifier = base64.b64encode(
        hashlib.sha1(f"{issuer}{arn.account}/{friendly}".encode(), usedforsecurity=False).digest()
    ).decode()
    return Assertion(
        subject=subject,
        subject_type=kind,
        recipient=recipient,
        issuer=issuer,
        name_qualifier=qualifier,
        session_name=name,
        roles=frozenset(_pairs(found.get(f"{_BASE}Role", ()))),
        tags=_tags(found),
        source_identity=identity,
        not_after=_session_end(assertion, now),
        context={
            "saml:aud": recipient,
            "saml:iss": issuer,
            "saml:doc": f"{arn.account}/{friendly}",
            "saml:namequalifier": qualifier,
            "saml:sub": subject,
            "saml:sub_type": kind,
            **saml_attributes.condition_keys(found),
        },
    )


def _time(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise refused("Invalid SAML response") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _expired(message: str) -> AwsError:
    return AwsError("ExpiredTokenException", message, status=400)


def _check_times(assertion: _Element, now: float) -> None:
    issued = _time(assertion.get("IssueInstant"))
    if issued is None:
        raise refused("Invalid SAML response")
    if now > issued + REDEEM_SECONDS:
        raise _expired("Token must be redeemed within 5 minutes of issuance")
    if now < issued - SKEW:
        raise refused("Invalid SAML response: it was issued in the future")  # a guess
    conditions = assertion.findall(f"{SAML}Conditions")
    if len(conditions) != 1:
        raise refused("Response does not contain the required audience.")
    _check_window(conditions[0], now)


def _check_window(element: _Element, now: float) -> float | None:
    begins, ends = _time(element.get("NotBefore")), _time(element.get("NotOnOrAfter"))
    if ends is not None and now >= ends + SKEW:
        raise _expired("Assertion is expired")  # a guess, as the next
    if begins is not None and now < begins - SKEW:
        raise refused("Assertion is not valid yet")
    return ends


def _check_audience(assertion: _Element, partition: str, provider: SamlProvider) -> None:
    restrictions = assertion.findall(f"{SAML}Conditions/{SAML}AudienceRestriction")
    if not restrictions:
        raise refused("Response does not contain the required audience.")
    for restriction in restrictions:
        named = [text_of(node) for node in restriction.findall(f"{SAML}Audience")]
        if not any(text in _AUDIENCES or _is_endpoint(text, partition, provider) for text in named if text):
            raise refused("Response does not contain the required audience.")


def _is_endpoint(text: str, partition: str, provider: SamlProvider) -> bool:
    """Whether the text is one of AWS's sign-in addresses for SAML: global, regional, or the provider's own."""
    domain = re.escape(_ENDPOINTS.get(partition, _ENDPOINTS["aws"]))
    own = re.escape(provider.uuid)
    return re.fullmatch(rf"https://([a-z0-9-]+\.)?signin\.{domain}/saml(/acs/{own})?", text) is not None


def _subject(assertion: _Element) -> tuple[str, str]:
    named = assertion.findall(f"{SAML}Subject/{SAML}NameID")
    text = text_of(named[0]) if len(named) == 1 else None
    if text is None:
        raise refused("Invalid SAML response: it has no NameID")  # a guess
    return text, named[0].get("Format", f"{_FORMAT}unspecified").removeprefix(_FORMAT)


def _recipient(assertion: _Element, partition: str, provider: SamlProvider, now: float) -> str:
    """The Recipient of the first bearer confirmation that holds."""
    problem = refused("Invalid SAML response: it has no bearer confirmation for AWS")  # a guess
    for confirmation in assertion.findall(f"{SAML}Subject/{SAML}SubjectConfirmation"):
        data = confirmation.find(f"{SAML}SubjectConfirmationData")
        if confirmation.get("Method") != _BEARER or data is None:
            continue
        recipient = data.get("Recipient", "")
        if not _is_endpoint(recipient, partition, provider):
            continue
        try:
            if _check_window(data, now) is not None:
                return recipient
        except AwsError as e:
            problem = e
    raise problem


def _session_end(assertion: _Element, now: float) -> float | None:
    ends = [_time(node.get("SessionNotOnOrAfter")) for node in assertion.findall(f"{SAML}AuthnStatement")]
    end = min((moment for moment in ends if moment is not None), default=None)
    if end is not None and end <= now:
        raise _expired("Assertion is expired")
    return end


def _attributes(assertion: _Element) -> dict[str, tuple[str, ...]]:
    """Values by attribute name. Raises `AwsError` for an attribute of AWS that is there twice."""
    found: dict[str, tuple[str, ...]] = {}
    for node in assertion.findall(f"{SAML}AttributeStatement/{SAML}Attribute"):
        name = node.get("Name", "")
        values = tuple(text for value in node.findall(f"{SAML}AttributeValue") if (text := text_of(value)) is not None)
        if name in found and name.startswith(_BASE):
            raise refused(f"Invalid SAML response: the attribute {name} is there more than once")  # a guess
        found[name] = found.get(name, ()) + values
    return found


def _single(found: dict[str, tuple[str, ...]], name: str) -> str | None:
    values = found.get(_BASE + name, ())
    if len(values) > 1:
        raise refused(f"{name} in AuthnResponse must have one value")  # a guess
    return values[0] if values else None


def _pairs(values: tuple[str, ...]) -> list[tuple[str, str]]:
    """Role and provider of each value, which may come in either order."""
    pairs = []
    for value in values:
        first, comma, second = (part.strip() for part in value.partition(","))
        if comma and ":saml-provider/" in first and ":role/" in second:
            first, second = second, first
        if comma and ":role/" in first and ":saml-provider/" in second:
            pairs.append((first, second))
    return pairs


def _tags(found: dict[str, tuple[str, ...]]) -> tags.SessionTags:
    prefix = f"{_BASE}PrincipalTag:"
    given = []
    for name, values in found.items():
        if name.startswith(prefix):
            if len(values) > 1:
                raise refused(f"{name} in AuthnResponse must have one value")  # a guess
            given.append((name[len(prefix) :], values[0] if values else ""))
    return session_tags(given, list(found.get(f"{_BASE}TransitiveTagKeys", ())))
