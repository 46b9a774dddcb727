"""Is this SAML response what it claims to be? Gives the assertion that was signed, and nothing else.

Signed XML invites wrapping: a good signature over one element, and another element that is read. So before any
signature is looked at, the document must have the one shape that needs no searching:

- a Response with exactly one Assertion (or EncryptedAssertion) in the whole document, as the Response's own child;
- every ID once;
- signatures only as children of the Response or of the Assertion, at most one each, each over exactly its parent, with
  no transforms but enveloped-signature and exclusive canonicalization, and no objects of their own.

At least one signature must be there, and all must be good, under a certificate of the provider's metadata; keys that
come along in the document are not looked at. What is read afterwards is what the verifier says was signed.
RSA and ECDSA with SHA-2 are taken; SHA-1 is not.
"""

from __future__ import annotations

import base64
import binascii
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography import x509

from garrison.access.federation import SamlProvider
from garrison.access.saml_xml import DS, SAML, SAMLP, NotXml, read_xml, text_of
from garrison.services.sts.federated_session import refused
from garrison.services.sts.saml_encryption import decrypt

if TYPE_CHECKING:
    from lxml.etree import _Element

log = logging.getLogger("garrison.sts")

_IDS = ("ID", "Id", "id", "{http://www.w3.org/XML/1998/namespace}id")
_SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
_TRANSFORMS = frozenset(
    {
        "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
        "http://www.w3.org/2001/10/xml-exc-c14n#",
        "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
    }
)
_INVALID = "Response signature invalid"
_SHAPELESS = "Invalid SAML response"


def signed_assertion(text: str, provider: SamlProvider, now: float) -> _Element:
    """The signed Assertion of a response (base64). Raises `AwsError`."""
    root = _read(text)
    assertions, encrypted = list(root.iter(f"{SAML}Assertion")), list(root.iter(f"{SAML}EncryptedAssertion"))
    if len(assertions) + len(encrypted) != 1 or (assertions or encrypted)[0].getparent() is not root:
        raise refused(_SHAPELESS)
    _check_shape(root)
    _check_issuer(root, provider, required=False)
    signed = _verified(root, provider, now)
    if signed is not None:
        # From here on only what the signature covers.
        root = signed
    if encrypted:
        assertion = _decrypted(root, provider)
        own = _verified(assertion, provider, now)
        signed_inside = own is not None
        assertion = assertion if own is None else own
    else:
        if provider.encryption_required:
            raise refused("The assertion is not encrypted, and its provider requires that it be.")  # a guess
        inner = root.find(f"{SAML}Assertion")
        if inner is None:
            raise refused(_SHAPELESS)
        own = _verified(inner, provider, now)
        signed_inside = own is not None
        assertion = inner if own is None else own
    if signed is None and not signed_inside:
        raise refused(_INVALID)
    _check_issuer(assertion, provider, required=True)
    return assertion


def _read(text: str) -> _Element:
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise refused("Invalid base64 SAMLResponse") from None
    try:
        root = read_xml(data)
    except NotXml:
        raise refused(_SHAPELESS) from None
    if root.tag != f"{SAMLP}Response" or root.get("Version") != "2.0":
        raise refused(_SHAPELESS)
    status = root.find(f"{SAMLP}Status/{SAMLP}StatusCode")
    if status is None or status.get("Value") != _SUCCESS:
        raise refused("Status Code is not Success in SAML Response")
    return root


def _check_shape(root: _Element) -> None:
    """Raises `AwsError` for a document in which more than one reading is possible."""
    ids = [value for node in root.iter() for name in _IDS if (value := node.get(name)) is not None]
    if len(set(ids)) != len(ids) or len(list(root.iter(f"{SAMLP}Response"))) != 1:
        raise refused(_SHAPELESS)
    parents = []
    for signature in root.iter(f"{DS}Signature"):
        parent = signature.getparent()
        if parent is None or parent in parents:
            raise refused(_INVALID)
        if parent is not root and not (parent.tag == f"{SAML}Assertion" and parent.getparent() is root):
            raise refused(_INVALID)
        parents.append(parent)
        _check_signature_shape(signature, parent.get("ID"))


def _check_signature_shape(signature: _Element, id: str | None) -> None:
    references = list(signature.iter(f"{DS}Reference"))
    if (
        not id
        or len(references) != 1
        or references[0].get("URI") != f"#{id}"
        or len(list(signature.iter(f"{DS}Object")))
    ):
        raise refused(_INVALID)
    parent = references[0].getparent()
    if parent is None or parent.tag != f"{DS}SignedInfo" or parent.getparent() is not signature:
        raise refused(_INVALID)
    if any(transform.get("Algorithm") not in _TRANSFORMS for transform in signature.iter(f"{DS}Transform")):
        raise refused(_INVALID)


def _verified(element: _Element, provider: SamlProvider, now: float) -> _Element | None:
    """The element as its own signature covers it; None if it has none. Raises `AwsError` for a bad one."""
    if element.find(f"{DS}Signature") is None:
        return None
    from signxml.algorithms import SignatureMethod
    from signxml.exceptions import SignXMLException
    from signxml.verifier import SignatureConfiguration, XMLVerifier

    config = SignatureConfiguration(
        location="./",
        expect_references=1,
        signature_methods=frozenset(
            {
                SignatureMethod.RSA_SHA256,
                SignatureMethod.RSA_SHA384,
                SignatureMethod.RSA_SHA512,
                SignatureMethod.ECDSA_SHA256,
                SignatureMethod.ECDSA_SHA384,
                SignatureMethod.ECDSA_SHA512,
            }
        ),
        ignore_ambiguous_key_info=True,
        verification_time=datetime.fromtimestamp(now, UTC),
    )
    for certificate in provider.certificates:
        try:
            result = XMLVerifier().verify(
                element,
                x509_cert=x509.load_der_x509_certificate(certificate),
                id_attribute="ID",
                expect_config=config,
            )
        except (SignXMLException, ValueError, TypeError, AttributeError, LookupError) as e:
            # Whatever a verifier trips over in a hostile document, the document is not believed.
            log.debug("SAML signature under one of the certificates of %s: %s", provider.arn, e)
            continue
        signed = None if isinstance(result, list) else result.signed_xml
        if signed is None or signed.tag != element.tag or signed.get("ID") != element.get("ID"):
            raise refused(_INVALID)
        return signed
    raise refused(_INVALID)


def _decrypted(root: _Element, provider: SamlProvider) -> _Element:
    sealed = root.find(f"{SAML}EncryptedAssertion")
    if sealed is None:
        raise refused(_SHAPELESS)
    plain = decrypt(sealed, provider.private_keys)
    try:
        assertion = read_xml(plain)
    except NotXml:
        raise refused(_SHAPELESS) from None
    inner = [*assertion.iter(f"{SAML}Assertion"), *assertion.iter(f"{SAML}EncryptedAssertion")]
    if assertion.tag != f"{SAML}Assertion" or len(inner) != 1:
        raise refused(_SHAPELESS)
    ids = [value for node in assertion.iter() for name in _IDS if (value := node.get(name)) is not None]
    signatures = list(assertion.iter(f"{DS}Signature"))
    if len(set(ids)) != len(ids) or len(signatures) > 1:
        raise refused(_SHAPELESS)
    for signature in signatures:
        if signature.getparent() is not assertion:
            raise refused(_INVALID)
        _check_signature_shape(signature, assertion.get("ID"))
    return assertion


def _check_issuer(element: _Element, provider: SamlProvider, *, required: bool) -> None:
    issuers = element.findall(f"{SAML}Issuer")
    if not issuers and not required:
        return
    if len(issuers) != 1 or text_of(issuers[0]) != provider.entity_id:
        raise refused("Issuer not present in specified provider")
