"""AssumeRoleWithSAML: good responses, forged and wrapped ones, and what trust policies ask of assertions."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod

from garrison.aws.errors import AwsError
from garrison.trail.identity import user_identity
from tests.services.sts.house import AWAY, HOME, NOW, House, policy
from tests.services.sts.oidc_issuer import rsa_key
from tests.services.sts.saml_idp import (
    ATTRIBUTES,
    DS,
    ENDPOINT,
    ENTITY,
    SAML,
    SAMLP,
    Response,
    certificate,
    encode,
    metadata,
)

ACTION = "sts:AssumeRoleWithSAML"
WITH_TAGS = [ACTION, "sts:TagSession", "sts:SetSourceIdentity"]
PROVIDER = f"arn:aws:iam::{HOME}:saml-provider/Corp"
ROLE = f"arn:aws:iam::{HOME}:role/staff"
BAD_SIGNATURE = ("InvalidIdentityToken", "Response signature invalid")
SHAPELESS = ("InvalidIdentityToken", "Invalid SAML response")
NOT_AUTHORIZED = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.iam("CreateSAMLProvider", Name="Corp", SAMLMetadataDocument=metadata(certificate("first", NOW)))
    made.role("staff", PROVIDER, WITH_TAGS)
    yield made
    made.close()


def good(**changes: Any) -> Response:
    attributes = {"Role": [f"{ROLE},{PROVIDER}"], "RoleSessionName": ["fay"]} | changes.pop("attributes", {})
    return Response(NOW, {name: values for name, values in attributes.items() if values is not None}, **changes)


def assume(house: House, document: Any, role: str = ROLE, **params: Any) -> dict[str, Any]:
    text = document if isinstance(document, str) else encode(document)
    return house.sts("AssumeRoleWithSAML", RoleArn=role, **{"PrincipalArn": PROVIDER, "SAMLAssertion": text} | params)


def refused(house: House, document: Any, role: str = ROLE, **params: Any) -> tuple[str, str]:
    with pytest.raises(AwsError) as caught:
        assume(house, document, role, **params)
    return caught.value.code, caught.value.message


def test_a_signed_assertion_gets_a_session_of_the_role(house: House) -> None:
    output = assume(house, good().signed())
    qualifier = base64.b64encode(hashlib.sha1(f"{ENTITY}{HOME}/Corp".encode()).digest()).decode()
    assert {k: output[k] for k in ("Subject", "SubjectType", "Issuer", "Audience", "NameQualifier")} == {
        "Subject": "fay@example.com",
        "SubjectType": "persistent",
        "Issuer": ENTITY,
        "Audience": ENDPOINT,
        "NameQualifier": qualifier,
    }
    assert output["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{HOME}:assumed-role/staff/fay"
    assert output["Credentials"]["Expiration"] == NOW + 3600
    session = house.opened(output).session
    assert session is not None
    assert session.context == {
        "aws:federatedprovider": PROVIDER,
        "saml:namequalifier": qualifier,
        "saml:sub": "fay@example.com",
        "saml:sub_type": "persistent",
    }
    assert house.last is not None
    assert user_identity(house.last.caller) == {
        "type": "SAMLUser",
        "principalId": f"{qualifier}:fay@example.com",
        "userName": "fay@example.com",
        "identityProvider": qualifier,
    }


def test_the_signature_may_be_the_responses_or_both(house: House) -> None:
    made = good()
    assert assume(house, made.sign(made.response(made.assertion())))["Credentials"]
    assert assume(house, made.sign(made.signed()))["Credentials"]


def test_an_assertion_may_be_redeemed_for_several_roles_within_five_minutes(house: House) -> None:
    document = good().signed()
    assume(house, document)
    house.clock.advance(299)
    assume(house, document)
    house.clock.advance(2)
    assert refused(house, document) == (
        "ExpiredTokenException",
        "Token must be redeemed within 5 minutes of issuance",
    )


# Signatures


def test_an_unsigned_response_is_refused(house: House) -> None:
    made = good()
    assert refused(house, made.response(made.assertion())) == BAD_SIGNATURE


def test_an_altered_assertion_is_refused(house: House) -> None:
    text = etree.tostring(good().signed())
    assert b"fay@example.com" in text
    assert refused(house, encode(text.replace(b"fay@example.com", b"admin@example.com"))) == BAD_SIGNATURE


def test_a_response_signed_and_altered_is_refused_though_the_assertion_is_good(house: House) -> None:
    made = good()
    document = made.sign(made.signed())
    document.set("Destination", "https://elsewhere.example.com")
    assert refused(house, document) == BAD_SIGNATURE


def test_another_certificate_is_refused_even_if_it_comes_along(house: House) -> None:
    document = good(key="second").signed()
    assert b"X509Certificate" in etree.tostring(document)
    assert refused(house, document) == BAD_SIGNATURE


def test_any_certificate_of_the_metadata_will_do(house: House) -> None:
    both = metadata(certificate("second", NOW), certificate("first", NOW))
    house.iam("UpdateSAMLProvider", SAMLProviderArn=PROVIDER, SAMLMetadataDocument=both)
    assert assume(house, good().signed())["Credentials"]
    assert assume(house, good(key="second").signed())["Credentials"]


def test_a_certificate_past_its_time_is_refused(house: House) -> None:
    old = metadata(certificate("first", NOW - 100 * 86_400, 50))
    house.iam("UpdateSAMLProvider", SAMLProviderArn=PROVIDER, SAMLMetadataDocument=old)
    assert refused(house, good().signed()) == BAD_SIGNATURE


@pytest.mark.parametrize("weak", [{"method": SignatureMethod.RSA_SHA1}, {"digest": DigestAlgorithm.SHA1}])
def test_sha1_is_refused(house: House, weak: dict[str, Any]) -> None:
    assert refused(house, good(**weak).signed()) == BAD_SIGNATURE


def test_a_signature_without_a_reference_to_its_parent_is_refused(house: House) -> None:
    document = good().signed()
    document.find(f".//{{{DS}}}Reference").set("URI", "")
    assert refused(house, document) == BAD_SIGNATURE


# Wrapping: a good signature over one element, another element to be read. The numbers are those of Somorovsky and
# others, "On Breaking SAML: Be Whoever You Want to Be" (2012).


def parts() -> tuple[Response, Any, Any]:
    """A signed assertion, and an evil unsigned twin of it."""
    made = good()
    evil = good(subject="admin@example.com").assertion()
    return made, made.sign(made.assertion()), evil


def xsw1() -> Any:
    """The evil response around; the good response inside its own signature's place."""
    made = good()
    original = made.sign(made.response(made.assertion()))
    evil = deepcopy(original)
    signature = evil.find(f"{{{DS}}}Signature")
    evil.set("ID", "_evil")
    evil.find(f".//{{{SAML}}}NameID").text = "admin@example.com"
    inner = deepcopy(original)
    inner.remove(inner.find(f"{{{DS}}}Signature"))
    signature.append(inner)
    return evil


def xsw2() -> Any:
    """Like 1, with the good response beside the signature."""
    evil = xsw1()
    signature = evil.find(f"{{{DS}}}Signature")
    inner = signature.find(f"{{{SAMLP}}}Response")
    evil.insert(0, inner)
    return evil


def xsw3() -> Any:
    """The evil assertion before the good one."""
    made, signed, evil = parts()
    evil.set("ID", "_evil")
    return made.response(evil, signed)


def xsw4() -> Any:
    """The good assertion inside the evil one."""
    made, signed, evil = parts()
    evil.set("ID", "_evil")
    evil.append(signed)
    return made.response(evil)


def xsw5() -> Any:
    """The evil assertion carries the signature; the good one, without it, follows."""
    made, signed, evil = parts()
    signature = signed.find(f"{{{DS}}}Signature")
    signed.remove(signature)
    evil.set("ID", "_evil")
    evil.append(signature)
    return made.response(evil, signed)


def xsw6() -> Any:
    """The evil assertion carries the signature, which carries the good one."""
    made, signed, evil = parts()
    signature = signed.find(f"{{{DS}}}Signature")
    signed.remove(signature)
    evil.set("ID", "_evil")
    evil.append(signature)
    signature.append(signed)
    return made.response(evil)


def xsw7() -> Any:
    """The evil assertion hidden in extensions, before the good one."""
    made, signed, evil = parts()
    root = made.response(signed)
    extensions = etree.SubElement(root, f"{{{SAMLP}}}Extensions")
    extensions.append(evil)
    root.insert(0, extensions)
    return root


def xsw8() -> Any:
    """The evil assertion carries the signature, which carries the good one in an Object."""
    made, signed, evil = parts()
    signature = signed.find(f"{{{DS}}}Signature")
    signed.remove(signature)
    evil.append(signature)
    etree.SubElement(signature, f"{{{DS}}}Object").append(signed)
    return made.response(evil)


@pytest.mark.parametrize("wrapped", [xsw1, xsw2, xsw3, xsw4, xsw5, xsw6, xsw7, xsw8])
def test_a_wrapped_assertion_is_refused(house: House, wrapped: Callable[[], Any]) -> None:
    assert refused(house, wrapped()) in (SHAPELESS, BAD_SIGNATURE)


def test_an_evil_twin_with_the_same_id_is_refused(house: House) -> None:
    made, signed, evil = parts()
    assert refused(house, made.response(evil, signed)) == SHAPELESS


def test_a_signature_moved_to_an_evil_assertion_with_the_same_id_is_refused(house: House) -> None:
    made, signed, evil = parts()
    evil.append(signed.find(f"{{{DS}}}Signature"))
    assert refused(house, made.response(evil)) == BAD_SIGNATURE


def test_a_second_assertion_is_refused_though_both_are_signed(house: House) -> None:
    made = good()
    other = made.sign(good(id="_other").assertion())
    assert refused(house, made.response(made.sign(made.assertion()), other)) == SHAPELESS


def test_a_comment_does_not_cut_a_name_short(house: House) -> None:
    made = good(subject="admin@example.com.evil.example.com", attributes={"RoleSessionName": ["admin.evil"]})
    text = etree.tostring(made.signed())
    cut = text.replace(b"admin@example.com.evil", b"admin@example.com<!-- x -->.evil").replace(
        b"admin.evil</", b"admin<!---->.evil</"
    )
    assert cut.count(b"<!--") == 2
    output = assume(house, encode(cut))
    assert output["Subject"] == "admin@example.com.evil.example.com"
    assert output["AssumedRoleUser"]["Arn"].endswith("/admin.evil")


BOMB = (
    b"""<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>"""
)
FILE = b"""<!DOCTYPE x [<!ENTITY c SYSTEM "file:///etc/passwd">]>"""


@pytest.mark.parametrize("declaration", [BOMB, FILE, b"<!DOCTYPE x>"])
def test_entities_are_refused_before_anything_else(house: House, declaration: bytes) -> None:
    text = etree.tostring(good().signed()).replace(b"fay@example.com", b"&c;")
    if b"ENTITY" not in declaration:
        text = etree.tostring(good().signed())
    assert refused(house, encode(declaration + text)) == SHAPELESS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("****", "Invalid base64 SAMLResponse"),
        ("AAAA", "Invalid SAML response"),
        (base64.b64encode(b"<a/>").decode(), "Invalid SAML response"),
        (base64.b64encode(b"<a>" * 5000).decode(), "Invalid SAML response"),
    ],
)
def test_what_is_no_response_is_refused_without_a_trace(house: House, text: str, message: str) -> None:
    assert refused(house, text) == ("InvalidIdentityToken", message)


def test_a_failed_sign_in_is_no_sign_in(house: House) -> None:
    document = good(status="urn:oasis:names:tc:SAML:2.0:status:Responder").signed()
    assert refused(house, document)[1] == "Status Code is not Success in SAML Response"


# Conditions


@pytest.mark.parametrize("audience", ["https://elsewhere.example.com", "https://signin.aws.amazon.com.evil.com/saml"])
def test_another_audience_is_refused(house: House, audience: str) -> None:
    answer = refused(house, good(audiences=[audience]).signed())
    assert answer == ("InvalidIdentityToken", "Response does not contain the required audience.")


@pytest.mark.parametrize(
    "audience", ["urn:amazon:webservices", "https://eu-west-1.signin.aws.amazon.com/saml", ENDPOINT]
)
def test_each_of_awss_audiences_is_taken(house: House, audience: str) -> None:
    assert assume(house, good(audiences=["other", audience]).signed())["Credentials"]


def test_a_response_without_audience_is_refused(house: House) -> None:
    assert refused(house, good(audiences=[]).signed())[1] == "Response does not contain the required audience."


def test_an_expired_assertion_is_refused(house: House) -> None:
    assert refused(house, good(not_after=-60).signed())[0] == "ExpiredTokenException"
    assert refused(house, good(confirm_until=-60).signed())[0] == "ExpiredTokenException"
    assert refused(house, good(session_until=-1).signed())[0] == "ExpiredTokenException"


def test_an_assertion_of_the_future_is_refused(house: House) -> None:
    assert refused(house, good(not_before=61).signed())[0] == "InvalidIdentityToken"
    assert refused(house, good(issued=61).signed())[0] == "InvalidIdentityToken"


def test_a_confirmation_that_never_ends_is_refused(house: House) -> None:
    assert refused(house, good(confirm_until=None).signed())[0] == "InvalidIdentityToken"


@pytest.mark.parametrize("recipient", ["https://elsewhere.example.com/saml", "", "http://signin.aws.amazon.com/saml"])
def test_another_recipient_is_refused(house: House, recipient: str) -> None:
    assert refused(house, good(recipient=recipient).signed())[0] == "InvalidIdentityToken"


def test_another_issuer_is_refused(house: House) -> None:
    answer = refused(house, good(issuer="https://elsewhere.example.com").signed())
    assert answer == ("InvalidIdentityToken", "Issuer not present in specified provider")


def test_the_session_ends_when_the_identity_provider_says(house: House) -> None:
    output = assume(house, good(session_until=1200).signed())
    assert output["Credentials"]["Expiration"] == NOW + 1200


def test_metadata_past_its_time_is_believed_no_more(house: House) -> None:
    short = metadata(certificate("first", NOW), attributes='validUntil="2027-01-15T08:01:00Z"')
    house.iam("UpdateSAMLProvider", SAMLProviderArn=PROVIDER, SAMLMetadataDocument=short)
    assert assume(house, good().signed())["Credentials"]
    house.clock.advance(61)
    assert refused(house, good().signed())[1] == "The metadata of the specified provider is no longer valid."


# Roles and attributes


def test_role_and_provider_come_in_either_order(house: House) -> None:
    pair = f" {PROVIDER} , {ROLE} "
    assert assume(house, good(attributes={"Role": ["x,y", pair]}).signed())["Credentials"]


def test_a_role_that_is_not_in_the_assertion_is_refused(house: House) -> None:
    other = house.role("admin", PROVIDER, ACTION)
    assert refused(house, good().signed(), other) == NOT_AUTHORIZED
    paired = f"{ROLE},arn:aws:iam::{HOME}:saml-provider/Other"
    assert refused(house, good(attributes={"Role": [paired]}).signed()) == NOT_AUTHORIZED
    assert refused(house, good(attributes={"Role": None}).signed()) == NOT_AUTHORIZED


def test_an_attribute_of_aws_given_twice_is_refused(house: House) -> None:
    made = good()
    assertion = made.assertion()
    again = deepcopy(assertion.findall(f".//{{{SAML}}}Attribute")[1])
    assertion.find(f".//{{{SAML}}}AttributeStatement").append(again)
    code, message = refused(house, made.response(made.sign(assertion)))
    assert code == "InvalidIdentityToken"
    assert f"{ATTRIBUTES}RoleSessionName" in message


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"RoleSessionName": None}, "RoleSessionName is required in AuthnResponse"),
        ({"RoleSessionName": ["a b"]}, "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"),
        ({"RoleSessionName": ["aa", "bb"]}, "RoleSessionName in AuthnResponse must have one value"),
        (
            {"SourceIdentity": ["aws:x"]},
            'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"',
        ),
        ({"PrincipalTag:aws:x": ["1"]}, "Tag keys starting with 'aws:' are reserved for system use"),
    ],
)
def test_attributes_out_of_form_are_refused(house: House, attributes: dict[str, Any], message: str) -> None:
    given = {f"{ATTRIBUTES}{name}" if name.startswith("PrincipalTag") else name: v for name, v in attributes.items()}
    assert refused(house, good(attributes=given).signed()) == ("InvalidIdentityToken", message)


def test_tags_and_source_identity_come_from_the_assertion(house: House) -> None:
    attributes = {
        f"{ATTRIBUTES}PrincipalTag:Team": ["red"],
        "TransitiveTagKeys": ["Team"],
        "SourceIdentity": ["fay"],
    }
    output = assume(house, good(attributes=attributes).signed())
    assert output["SourceIdentity"] == "fay"
    session = house.opened(output).session
    assert session is not None
    assert (session.tags, session.transitive, session.source_identity) == ({"Team": "red"}, ("Team",), "fay")
    house.iam(
        "UpdateAssumeRolePolicy",
        RoleName="staff",
        PolicyDocument=policy({"Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": ACTION}),
    )
    assert refused(house, good(attributes=attributes).signed())[1] == "Not authorized to perform sts:TagSession"


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"StringEquals": {"SAML:aud": ENDPOINT}}, True),
        ({"StringEquals": {"SAML:aud": "https://elsewhere.example.com"}}, False),
        ({"StringEquals": {"saml:iss": ENTITY, "saml:doc": f"{HOME}/Corp", "saml:sub_type": "persistent"}}, True),
        ({"StringEquals": {"saml:sub": "admin@example.com"}}, False),
        ({"ForAnyValue:StringEquals": {"saml:edupersonaffiliation": "staff"}}, True),
        ({"ForAllValues:StringEquals": {"saml:edupersonaffiliation": "staff"}}, False),
        ({"StringEquals": {"sts:RoleSessionName": "fay"}}, True),
        ({"StringEquals": {"sts:RoleSessionName": "gus"}}, False),
    ],
)
def test_the_trust_policy_decides_on_the_assertion(house: House, condition: dict[str, Any], allowed: bool) -> None:
    role = house.role("asked", PROVIDER, ACTION, condition)
    given = {"Role": [f"{role},{PROVIDER}"], "urn:oid:1.3.6.1.4.1.5923.1.1.1.1": ["staff", "member"]}
    document = good(attributes=given).signed()
    if allowed:
        assert assume(house, document, role)["Credentials"]
    else:
        assert refused(house, document, role) == NOT_AUTHORIZED


def test_a_provider_must_be_there_and_in_the_roles_account(house: House) -> None:
    other = f"arn:aws:iam::{HOME}:saml-provider/Other"
    assert refused(house, good().signed(), PrincipalArn=other)[1] == "Specified provider doesn't exist."
    away = house.role("staff", PROVIDER, ACTION, account=AWAY)
    document = good(attributes={"Role": [f"{away},{PROVIDER}"]}).signed()
    assert refused(house, document, away)[1] == "Specified provider doesn't exist."
    assert refused(house, good().signed(), PrincipalArn="x" * 20)[0] == "ValidationError"


# Encryption


def encrypted(assertion: Any) -> Any:
    """The assertion for the key `third`, as XML Encryption 1.1 has it."""
    key, nonce = os.urandom(32), os.urandom(12)
    sealed = nonce + AESGCM(key).encrypt(nonce, etree.tostring(assertion), None)
    wrapped = rsa_key("third").public_key().encrypt(key, OAEP(MGF1(hashes.SHA1()), hashes.SHA1(), None))
    xenc = "http://www.w3.org/2001/04/xmlenc#"
    return etree.fromstring(
        f'<saml:EncryptedAssertion xmlns:saml="{SAML}"><x:EncryptedData xmlns:x="{xenc}">'
        '<x:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#aes256-gcm"/>'
        f'<ds:KeyInfo xmlns:ds="{DS}"><x:EncryptedKey>'
        f'<x:EncryptionMethod Algorithm="{xenc}rsa-oaep-mgf1p"/>'
        f"<x:CipherData><x:CipherValue>{base64.b64encode(wrapped).decode()}</x:CipherValue></x:CipherData>"
        "</x:EncryptedKey></ds:KeyInfo>"
        f"<x:CipherData><x:CipherValue>{base64.b64encode(sealed).decode()}</x:CipherValue></x:CipherData>"
        "</x:EncryptedData></saml:EncryptedAssertion>"
    )


def test_encrypted_assertions_are_read_with_the_providers_key_and_can_be_required(house: House) -> None:
    made = good()
    document = made.response(encrypted(made.sign(made.assertion())))
    assert "cannot be read" in refused(house, document)[1]
    pem = rsa_key("third").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    house.iam("UpdateSAMLProvider", SAMLProviderArn=PROVIDER, AddPrivateKey=pem, AssertionEncryptionMode="Required")
    assert assume(house, document)["Subject"] == "fay@example.com"
    assert refused(house, made.signed())[0] == "InvalidIdentityToken"
    unsigned = made.response(encrypted(made.assertion()))
    assert refused(house, unsigned) == BAD_SIGNATURE
    assert assume(house, made.sign(unsigned))["Subject"] == "fay@example.com"
