"""Signatures in PDF documents, and copies that say whose they are."""

from __future__ import annotations

import io

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from garrison.evidence.signing import fingerprint
from garrison.services.artifact.pdf import BadPdf, signer, watermarked
from tests.documents import marks, pdf, signed_pdf

KEY = ec.generate_private_key(ec.SECP256R1())
LINE = "Downloaded by arn:aws:iam::123456789012:user/reader, 2026-11-28 22:00:00 UTC. Confidential."


def name_of(key: ec.EllipticCurvePrivateKey) -> str:
    return fingerprint(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


@pytest.fixture(scope="module")
def document() -> bytes:
    return pdf("The opinion", "and what it rests on")


@pytest.fixture(scope="module")
def signed(document: bytes) -> bytes:
    return signed_pdf(document, KEY)


def test_who_signed_is_told_by_the_key(document: bytes, signed: bytes) -> None:
    assert signer(document) == ""
    assert signer(signed) == name_of(KEY)


def test_a_document_that_is_not_what_was_signed_is_refused(signed: bytes) -> None:
    at = signed.index(b"/MediaBox") + 15
    with pytest.raises(BadPdf, match="The signature Opinion is not of this document"):
        signer(signed[:at] + bytes([signed[at] ^ 1]) + signed[at + 1 :])
    with pytest.raises(BadPdf, match="was changed after the signature"):
        signer(watermarked(signed, "added later"))


def test_a_copy_begins_with_the_document_and_its_signature_still_speaks_for_that(signed: bytes) -> None:
    copy = watermarked(signed, LINE)
    assert copy.startswith(signed)
    assert set(marks(copy)) == {LINE}
    assert set(marks(watermarked(signed, LINE * 4))) == {LINE * 4}
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    one = PdfFileReader(io.BytesIO(copy)).embedded_signatures[0]
    context = ValidationContext(trust_roots=[one.signer_cert], allow_fetching=False)
    status = validate_pdf_signature(one, context)
    assert (status.intact, status.valid) == (True, True)


@pytest.mark.parametrize(
    "content", [b"%PDF-", b"%PDF-1.7 no such thing", b"%PDF-1.7\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF"]
)
def test_what_is_no_pdf_is_said_so(content: bytes) -> None:
    with pytest.raises(BadPdf, match="cannot be read as a PDF"):
        signer(content)
    with pytest.raises(BadPdf):
        watermarked(content, LINE)
