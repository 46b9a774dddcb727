"""Certificates whose time is counted from today."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.services.iam.certificates import ec_key


def certificate(n: int, *, days: float) -> str:
    """A certificate for `ec_key(n)`, by itself, that ends in `days`."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"cert-{n}")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(ec_key(n).public_key())
        .serial_number(n + 1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=days))
        .sign(ec_key(n), hashes.SHA256())
    )  # fmt: skip
    return built.public_bytes(Encoding.PEM).decode()
