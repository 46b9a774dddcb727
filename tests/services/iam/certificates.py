"""Certificates and keys for tests, made once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from tests.services.iam.conftest import NOW


@cache
def rsa_key(bits: int = 2048, n: int = 0) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


@cache
def ec_key(n: int = 0) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def pem_key(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@cache
def certificate(n: int = 0, *, issuer: int | None = None, days: float = 365) -> str:
    """A certificate for `ec_key(n)`, signed by `ec_key(issuer)` or by itself, expiring `days` from the tests' now."""
    by = n if issuer is None else issuer
    now = datetime.fromtimestamp(NOW, UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"cert-{n}")]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"cert-{by}")]))
        .public_key(ec_key(n).public_key())
        .serial_number(n + 1)
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .sign(ec_key(by), hashes.SHA256())
    )
    return built.public_bytes(Encoding.PEM).decode()


def ssh_line(n: int = 0, bits: int = 2048) -> str:
    return rsa_key(bits, n).public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def pem_public(n: int = 0) -> str:
    return (
        rsa_key(2048, n)
        .public_key()
        .public_bytes(Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
