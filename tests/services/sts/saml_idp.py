"""A SAML identity provider: metadata, responses, signatures - and forgeries of all of them."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.signer import XMLSigner

from tests.services.sts.oidc_issuer import rsa_key

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
DS = "http://www.w3.org/2000/09/xmldsig#"
ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
ENDPOINT = "https://signin.aws.amazon.com/saml"
ENTITY = "https://idp.example.com/saml"


@cache
def certificate(name: str, valid_from: float, days: int = 3650) -> x509.Certificate:
    """A self-signed certificate for one of the test keys."""
    start = datetime.fromtimestamp(valid_from, UTC) - timedelta(days=1)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(rsa_key(name).public_key())
    )
    builder = builder.serial_number(1000 + days).not_valid_before(start).not_valid_after(start + timedelta(days=days))
    return builder.sign(rsa_key(name), hashes.SHA256())


def metadata(*certificates: x509.Certificate, entity: str = ENTITY, attributes: str = "", head: str = "") -> str:
    """The document an administrator hands to IAM."""
    keys = "".join(
        f'<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="{DS}"><ds:X509Data><ds:X509Certificate>'
        f"{base64.b64encode(one.public_bytes(Encoding.DER)).decode()}"
        "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        for one in certificates
    )
    return (
        f'{head}<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity}" {attributes}>'
        f'<md:IDPSSODescriptor protocolSupportEnumeration="{SAMLP}">{keys}'
        '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" '
        f'Location="https://idp.example.com/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>'
    ).ljust(1000)


def moment(seconds: float) -> str:
    """A time as SAML writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Response:
    """One response, good as it is made; what a test changes makes it something else."""

    now: float
    attributes: dict[str, list[str]]
    issuer: str = ENTITY
    subject: str = "fay@example.com"
    format: str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
    recipient: str = ENDPOINT
    audiences: list[str] = field(default_factory=lambda: [ENDPOINT])
    issued: float = 0
    not_before: float = -60
    not_after: float = 300
    confirm_until: float | None = 300
    session_until: float | None = None
    id: str = "_assertion"
    key: str = "first"
    status: str = "urn:oasis:names:tc:SAML:2.0:status:Success"
    method: SignatureMethod = SignatureMethod.RSA_SHA256
    digest: DigestAlgorithm = DigestAlgorithm.SHA256

    def assertion(self) -> Any:
        """The assertion, unsigned."""
        values = "".join(
            f'<saml:Attribute Name="{name if ":" in name else ATTRIBUTES + name}">'
            + "".join(f"<saml:AttributeValue>{value}</saml:AttributeValue>" for value in given)
            + "</saml:Attribute>"
            for name, given in self.attributes.items()
        )
        until = "" if self.confirm_until is None else f' NotOnOrAfter="{moment(self.now + self.confirm_until)}"'
        session = (
            "" if self.session_until is None else f' SessionNotOnOrAfter="{moment(self.now + self.session_until)}"'
        )
        audiences = "".join(f"<saml:Audience>{one}</saml:Audience>" for one in self.audiences)
        return etree.fromstring(
            f'<saml:Assertion xmlns:saml="{SAML}" ID="{self.id}" Version="2.0" '
            f'IssueInstant="{moment(self.now + self.issued)}"><saml:Issuer>{self.issuer}</saml:Issuer>'
            f'<saml:Subject><saml:NameID Format="{self.format}">{self.subject}</saml:NameID>'
            '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
            f'<saml:SubjectConfirmationData Recipient="{self.recipient}"{until}/></saml:SubjectConfirmation>'
            f'</saml:Subject><saml:Conditions NotBefore="{moment(self.now + self.not_before)}" '
            f'NotOnOrAfter="{moment(self.now + self.not_after)}">'
            f"<saml:AudienceRestriction>{audiences}</saml:AudienceRestriction></saml:Conditions>"
            f'<saml:AuthnStatement AuthnInstant="{moment(self.now)}"{session}/>'
            f"<saml:AttributeStatement>{values}</saml:AttributeStatement></saml:Assertion>"
        )

    def response(self, *children: Any) -> Any:
        """A Response around it (or around what is given), unsigned."""
        root = etree.fromstring(
            f'<samlp:Response xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="_response" Version="2.0" '
            f'IssueInstant="{moment(self.now)}"><saml:Issuer>{self.issuer}</saml:Issuer>'
            f'<samlp:Status><samlp:StatusCode Value="{self.status}"/></samlp:Status></samlp:Response>'
        )
        root.extend(children)
        return root

    def sign(self, element: Any) -> Any:
        """The element with an enveloped signature."""
        key: RSAPrivateKey = rsa_key(self.key)
        signer = _Signer(
            method=SignatureConstructionMethod.enveloped,
            signature_algorithm=self.method,
            digest_algorithm=self.digest,
            c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        )
        return signer.sign(
            element,
            key=key,
            cert=[certificate(self.key, self.now)],
            reference_uri=element.get("ID"),
            id_attribute="ID",
        )

    def signed(self) -> Any:
        """The usual thing: a signed assertion in an unsigned response."""
        return self.response(self.sign(self.assertion()))


class _Signer(XMLSigner):
    """Signs with SHA-1 as well, when a test wants that."""

    def check_deprecated_methods(self) -> None:
        return None


def encode(element: Any) -> str:
    """As the parameter SAMLAssertion carries it."""
    raw = element if isinstance(element, bytes) else etree.tostring(element)
    return base64.b64encode(raw).decode()
