"""A development CA for `--tls`: made once in the data directory, trusted by nobody until somebody says so."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from garrison.store.files import private_directory, write_private

_CA_DAYS = 3650
_SERVER_DAYS = 397
_RENEW_DAYS = 30


def development_certificate(data_dir: Path, host: str, now: float) -> tuple[Path, Path, Path]:
    """Paths of the CA certificate, the server certificate and its key, made or renewed as needed."""
    directory = data_dir / "tls"
    path, key_path = directory / "server.pem", directory / "server-key.pem"
    ca_path = certificate_for(data_dir, path, key_path, ["localhost", "127.0.0.1", "::1", host], now)
    return ca_path, path, key_path


def certificate_for(data_dir: Path, path: Path, key_path: Path, names: list[str], now: float) -> Path:
    """Make (or renew) a certificate of the development CA for `names` at `path`; the path of the CA's own."""
    directory = data_dir / "tls"
    private_directory(directory)
    ca_path, ca_key_path = directory / "ca.pem", directory / "ca-key.pem"
    moment = datetime.datetime.fromtimestamp(now, datetime.UTC)
    if not (ca_path.exists() and ca_key_path.exists()):
        _make_ca(ca_path, ca_key_path, moment)
    wanted = sorted(set(names))
    if not (path.exists() and key_path.exists() and _good(path, ca_path, wanted, moment)):
        _make_server(ca_path, ca_key_path, path, key_path, wanted, moment)
    return ca_path


def _pem_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _subject(text: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Garrison"), x509.NameAttribute(NameOID.COMMON_NAME, text)]
    )


def _make_ca(path: Path, key_path: Path, now: datetime.datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _subject("Garrison development CA")
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=_CA_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(ca=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    write_private(key_path, _pem_key(key))
    write_private(path, certificate.public_bytes(serialization.Encoding.PEM))
    path.chmod(0o644)


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _make_server(
    ca_path: Path, ca_key_path: Path, path: Path, key_path: Path, names: list[str], now: datetime.datetime
) -> None:
    ca = x509.load_pem_x509_certificate(ca_path.read_bytes())
    ca_key = serialization.load_pem_private_key(ca_key_path.read_bytes(), None)
    assert isinstance(ca_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_subject("Garrison"))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=_SERVER_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_name(n) for n in names]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    write_private(key_path, _pem_key(key))
    write_private(path, certificate.public_bytes(serialization.Encoding.PEM))


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _good(path: Path, ca_path: Path, names: list[str], now: datetime.datetime) -> bool:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    try:
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(ca_path.read_bytes()))
    except (InvalidSignature, ValueError, TypeError):
        return False
    if certificate.not_valid_after_utc - now < datetime.timedelta(days=_RENEW_DAYS):
        return False
    held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(held) >= {_name(n) for n in names}
