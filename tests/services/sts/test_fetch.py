"""Whose certificates are believed when an identity provider's documents are fetched."""

from __future__ import annotations

import datetime
import hashlib
import http.server
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from garrison.services.sts.fetch import NotFetched, NotTrusted, Trust, fetch_json
from tests.services.sts.oidc_issuer import rsa_key


def certificate(key: str, issuer: str, signer: str, *, authority: bool, host: str = "127.0.0.1") -> x509.Certificate:
    """A certificate for one test key, signed by another."""
    now = datetime.datetime.now(datetime.UTC)

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    builder = (
        x509.CertificateBuilder()
        .subject_name(name(key))
        .issuer_name(name(issuer))
        .public_key(rsa_key(key).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(rsa_key(key).public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(rsa_key(signer).public_key()), critical=False)
    )
    return builder.sign(rsa_key(signer), hashes.SHA256())


def thumbprint(one: x509.Certificate) -> str:
    return hashlib.sha1(one.public_bytes(Encoding.DER)).hexdigest()


ROOT = certificate("first", "first", "first", authority=True)
LEAF = certificate("second", "first", "first", authority=False)
ELSEWHERE = certificate("second", "first", "first", authority=False, host="127.0.0.9")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"a":1}')

    def log_message(self, format: str, *args: object) -> None:
        pass


def serve(chain: list[x509.Certificate], directory: Path) -> Iterator[str]:
    path = directory / "chain.pem"
    key = rsa_key("second").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(key + b"".join(one.public_bytes(Encoding.PEM) for one in chain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"https://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    yield from serve([LEAF, ROOT], tmp_path)


@pytest.fixture
def impostor(tmp_path: Path) -> Iterator[str]:
    """Presents a good chain for another host."""
    yield from serve([ELSEWHERE, ROOT], tmp_path)


def test_a_certificate_of_nobody_known_is_not_believed(url: str) -> None:
    with pytest.raises(NotTrusted):
        fetch_json(url, url, Trust())
    with pytest.raises(NotTrusted):
        fetch_json(url, url, Trust(("0" * 40,)))


def test_a_configured_authority_is_believed(url: str, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(ROOT.public_bytes(Encoding.PEM))
    assert fetch_json(url, url, Trust((), str(file))) == {"a": 1}


@pytest.mark.parametrize("pinned", [ROOT, LEAF])
def test_a_thumbprint_of_the_chain_is_believed(url: str, pinned: x509.Certificate) -> None:
    assert fetch_json(url, url, Trust((thumbprint(pinned),))) == {"a": 1}


def test_a_pinned_authority_that_did_not_sign_is_not_believed(tmp_path: Path) -> None:
    stranger = certificate("second", "third", "third", authority=False)
    for url in serve([stranger, ROOT], tmp_path):
        with pytest.raises(NotTrusted):
            fetch_json(url, url, Trust((thumbprint(ROOT),)))


def test_a_pinned_certificate_does_not_speak_for_other_hosts(impostor: str) -> None:
    with pytest.raises(NotTrusted):
        fetch_json(impostor, impostor, Trust((thumbprint(ROOT),)))


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/", "http://example.com/", "https://u:p@127.0.0.1/", "https://[::1", ""]
)
def test_what_is_no_address_for_documents_is_not_asked(url: str) -> None:
    with pytest.raises(NotFetched):
        fetch_json(url, "http://127.0.0.1/", Trust())
