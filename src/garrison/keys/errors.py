"""What the key engine refuses, as types. They carry facts; the service above words them as AWS does."""

from __future__ import annotations


class EngineError(Exception):
    """Any refusal of the key engine."""


class Sealed(EngineError):
    """The root key is not open: nothing can be encrypted, decrypted, signed or unsealed until it is."""

    def __init__(self) -> None:
        super().__init__("the root key is sealed")


class UnsupportedSpec(EngineError):
    """A key spec of the AWS model that Garrison has not (`SM2`, `ML_KEM_512`), or no spec at all."""

    def __init__(self, spec: str) -> None:
        super().__init__(spec)
        self.spec = spec


class WrongUsage(EngineError):
    """The key's usage is another than the operation needs."""

    def __init__(self, usage: str) -> None:
        super().__init__(usage)
        self.usage = usage
        """What the key is for: `SIGN_VERIFY`."""


class WrongAlgorithm(EngineError):
    """AWS: "Algorithm HMAC_SHA_256 is incompatible with key spec HMAC_224."."""

    def __init__(self, algorithm: str, spec: str) -> None:
        super().__init__(f"{algorithm} with {spec}")
        self.algorithm = algorithm
        self.spec = spec


class WrongMessageType(EngineError):
    """The algorithm does not take messages of this type: DIGEST for ML-DSA, RAW for ED25519_PH_SHA_512."""

    def __init__(self, algorithm: str, message_type: str) -> None:
        super().__init__(f"{message_type} with {algorithm}")
        self.algorithm = algorithm
        self.message_type = message_type


class WrongDigestLength(EngineError):
    """A DIGEST (or EXTERNAL_MU) that is not as long as its algorithm's. AWS: "Digest is invalid length for ..."."""

    def __init__(self, algorithm: str, length: int) -> None:
        super().__init__(f"{algorithm} takes {length} bytes")
        self.algorithm = algorithm
        self.length = length


class TooLong(EngineError):
    """More bytes than algorithm and key spec take. AWS: "Algorithm ... and key spec ... cannot encrypt data larger
    than 214 bytes."."""

    def __init__(self, algorithm: str, spec: str, limit: int) -> None:
        super().__init__(f"{algorithm} with {spec} takes {limit} bytes")
        self.algorithm = algorithm
        self.spec = spec
        self.limit = limit


class ContextNotAllowed(EngineError):
    """An encryption context was given to an asymmetric algorithm."""


class InvalidCiphertext(EngineError):
    """It does not decrypt: altered, another context, another key, or nothing of ours. Which of them is not said."""


class InvalidSignature(EngineError):
    """The signature is not this key's over this message."""


class InvalidMac(EngineError):
    """The MAC is not this key's over this message."""


class InvalidPublicKey(EngineError):
    """The other side's public key is no key, or of another curve."""


class IncorrectKeyMaterial(EngineError):
    """Imported bytes are not a key of the spec they are imported for."""


class WrappingNotAllowed(EngineError):
    """This wrapping algorithm and wrapping key cannot carry material of this spec."""

    def __init__(self, algorithm: str, wrapping_spec: str, spec: str) -> None:
        super().__init__(f"{algorithm} and {wrapping_spec} for {spec}")
        self.algorithm = algorithm
        self.wrapping_spec = wrapping_spec
        self.spec = spec


class InvalidImportToken(EngineError):
    """Not a token of ours, or one of another key."""


class ExpiredImportToken(EngineError):
    """The token's 24 hours are over."""


class Tampered(EngineError):
    """A row is not as Garrison wrote it: changed, moved to another place, or of another root key."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
