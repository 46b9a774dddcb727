"""Ansible's IAM modules reach their state, and then find nothing left to do."""

from __future__ import annotations

import base64
import datetime
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tests.clients.server import Server
from tests.peers.conftest import Peer, aws_environment

pytestmark = pytest.mark.peer
PLAYBOOK = Path(__file__).parent / "playbook.yml"


def metadata() -> str:
    """SAML metadata of an identity provider, long enough for AWS (1,000 characters at least)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example.com")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    der = base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()
    return (
        '<?xml version="1.0"?><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" '
        'entityID="https://idp.example.com/saml"><md:IDPSSODescriptor WantAuthnRequestsSigned="false" '
        'protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing">'
        '<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>'
        f"{der}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        "<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>"
        '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" '
        'Location="https://idp.example.com/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>'
    )


def test_the_playbook_changes_everything_and_then_nothing(server: Server, peer: Peer, tmp_path: Path) -> None:
    programs = peer("ansible")
    (tmp_path / "metadata.xml").write_text(metadata())
    key_file = tmp_path / "key"
    env = aws_environment(server) | {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json", "HOME": str(tmp_path)}

    def run(known_key: str) -> dict[str, bool]:
        more = {
            "ansible_python_interpreter": str(programs / "python"),
            "metadata": str(tmp_path / "metadata.xml"),
            "key_file": str(key_file),
            "known_key": known_key,
        }
        command = [str(programs / "ansible-playbook"), "-i", "localhost,", "-e", json.dumps(more), str(PLAYBOOK)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:] + server.log[-2000:]
        told: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
        return {t["task"]["name"]: t["hosts"]["localhost"]["changed"] for t in told["plays"][0]["tasks"]}

    first = run("")
    del first["what the key is called"]
    assert all(first.values()), first
    second = run(key_file.read_text())
    assert not any(second.values()), second
