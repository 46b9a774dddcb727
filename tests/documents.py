"""Documents of auditors: real PDF files, and signatures in them."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import typst
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12
from cryptography.x509.oid import NameOID


def pdf(*pages: str) -> bytes:
    """A document with a text on each page."""
    made: bytes = typst.compile(" #pagebreak() ".join(pages).encode(), format="pdf", ignore_system_fonts=True)
    return made


def marks(document: bytes) -> list[str]:
    """Texts that were put on pages as pyHanko does it, from the streams of a document."""
    found = []
    for one in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", document, re.DOTALL):
        text = one[1].decode("latin-1")
        if "/Tx BMC" in text:
            lines = re.findall(r"\((.*?)\) Tj", text)
            found.append("".join(re.sub(r"\\(\d{3})", lambda code: chr(int(code[1], 8)), line) for line in lines))
    return found


def signed_pdf(document: bytes, key: ec.EllipticCurvePrivateKey, name: str = "Example Auditors") -> bytes:
    """The document, signed in itself under a certificate of the signer's own."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import PdfSignatureMetadata, SimpleSigner, sign_pdf

    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(usage, critical=True)
        .sign(key, SHA256())
    )
    packed = pkcs12.serialize_key_and_certificates(b"auditor", key, certificate, None, NoEncryption())
    signer: Any = SimpleSigner.load_pkcs12_data(packed, other_certs=[], passphrase=None)
    writer = IncrementalPdfFileWriter(io.BytesIO(document))
    out: Any = sign_pdf(writer, PdfSignatureMetadata(field_name="Opinion"), signer=signer)
    return bytes(out.getbuffer())
