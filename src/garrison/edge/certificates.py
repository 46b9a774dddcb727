"""Files of the certificates that listeners show: the owners' own, or made by this Garrison's development CA."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from garrison.access.sites import Certificate, Site
from garrison.gateway.certificates import certificate_for
from garrison.store.files import private_directory, write_private


def certificate_files(data: Path, directory: Path, sites: tuple[Site, ...]) -> dict[Certificate, tuple[Path, Path]]:
    """(certificate chain, key) of every certificate that a listener shows, written or renewed as needed."""
    private_directory(directory)
    found: dict[Certificate, tuple[Path, Path]] = {}
    for site in sites:
        for listener in site.listeners:
            for certificate in listener.certificates:
                if certificate not in found:
                    found[certificate] = _files(data, directory, certificate)
    return found


def _files(data: Path, directory: Path, certificate: Certificate) -> tuple[Path, Path]:
    if certificate.pem is None or certificate.key is None:
        mark = hashlib.sha256("\n".join(certificate.names).encode()).hexdigest()[:16]
        chain, key = directory / f"{mark}.pem", directory / f"{mark}-key.pem"
        certificate_for(data, chain, key, list(certificate.names), time.time())
        return chain, key
    mark = hashlib.sha256((certificate.pem + certificate.key).encode()).hexdigest()[:16]
    chain, key = directory / f"{mark}.pem", directory / f"{mark}-key.pem"
    if not (chain.exists() and key.exists()):
        write_private(key, certificate.key.encode())
        write_private(chain, certificate.pem.encode())
    return chain, key
