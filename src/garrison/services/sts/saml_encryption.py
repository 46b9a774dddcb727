"""Encrypted assertions: XML Encryption as far as SAML identity providers use it.

The content key comes by RSA-OAEP, the content is AES-GCM or AES-CBC. PKCS #1 v1.5 key transport is not taken, and every
failure looks the same, so that nobody learns anything of a key by trying. Source: XML Encryption 1.1.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.serialization import load_der_private_key

from garrison.access.saml_xml import DS, XENC, text_of
from garrison.services.sts.federated_session import refused

if TYPE_CHECKING:
    from lxml.etree import _Element

_XENC = "http://www.w3.org/2001/04/xmlenc#"
_XENC11 = "http://www.w3.org/2009/xmlenc11#"
_GCM = {f"{_XENC11}aes{bits}-gcm": bits // 8 for bits in (128, 192, 256)}
_CBC = {f"{_XENC}aes{bits}-cbc": bits // 8 for bits in (128, 192, 256)}
_OAEP = (f"{_XENC}rsa-oaep-mgf1p", f"{_XENC11}rsa-oaep")
_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "http://www.w3.org/2000/09/xmldsig#sha1": hashes.SHA1(),  # noqa: S303 - the default of RSA-OAEP, which needs no more
    f"{_XENC}sha256": hashes.SHA256(),
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashes.SHA384(),
    f"{_XENC}sha512": hashes.SHA512(),
}
_MASKS: dict[str, hashes.HashAlgorithm] = {
    f"{_XENC11}mgf1sha1": hashes.SHA1(),  # noqa: S303
    f"{_XENC11}mgf1sha256": hashes.SHA256(),
    f"{_XENC11}mgf1sha384": hashes.SHA384(),
    f"{_XENC11}mgf1sha512": hashes.SHA512(),
}


class _Undecipherable(Exception):
    pass


def decrypt(sealed: _Element, private_keys: tuple[bytes, ...]) -> bytes:
    """The assertion inside an EncryptedAssertion. Raises `AwsError`."""
    data = sealed.find(f"{XENC}EncryptedData")
    wrapped = list(sealed.iter(f"{XENC}EncryptedKey"))
    for der in private_keys:
        try:
            if data is None or len(wrapped) != 1:
                raise _Undecipherable
            return _content(data, _content_key(wrapped[0], der))
        except (_Undecipherable, ValueError, InvalidTag):
            continue
    raise refused("The encrypted assertion cannot be read with any private key of its provider.")  # a guess


def _algorithm(element: _Element, method: str = f"{XENC}EncryptionMethod") -> str:
    found = element.find(method)
    return "" if found is None else found.get("Algorithm", "")


def _cipher_value(element: _Element) -> bytes:
    text = text_of(element.find(f"{XENC}CipherData/{XENC}CipherValue"))
    try:
        return base64.b64decode("".join((text or "").split()), validate=True)
    except binascii.Error:
        raise _Undecipherable from None


def _content_key(wrapped: _Element, der: bytes) -> bytes:
    method = wrapped.find(f"{XENC}EncryptionMethod")
    key = load_der_private_key(der, None)
    if method is None or method.get("Algorithm") not in _OAEP or not isinstance(key, RSAPrivateKey):
        raise _Undecipherable
    digest = _DIGESTS.get(_algorithm(method, f"{DS}DigestMethod") or "http://www.w3.org/2000/09/xmldsig#sha1")
    mask = _MASKS.get(_algorithm(method, f"{{{_XENC11}}}MGF") or f"{_XENC11}mgf1sha1")
    if digest is None or mask is None:
        raise _Undecipherable
    return key.decrypt(_cipher_value(wrapped), OAEP(MGF1(mask), digest, None))


def _content(data: _Element, key: bytes) -> bytes:
    algorithm, sealed = _algorithm(data), _cipher_value(data)
    if _GCM.get(algorithm) == len(key):
        return AESGCM(key).decrypt(sealed[:12], sealed[12:], None)
    if _CBC.get(algorithm) != len(key) or len(sealed) < 32 or len(sealed) % 16:
        raise _Undecipherable
    opener = Cipher(AES(key), CBC(sealed[:16])).decryptor()
    padded = opener.update(sealed[16:]) + opener.finalize()
    if not 1 <= padded[-1] <= 16:
        raise _Undecipherable
    return padded[: -padded[-1]]
