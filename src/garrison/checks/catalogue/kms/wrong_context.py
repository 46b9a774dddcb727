"""Decryption asks for the context it was encrypted with."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, behaviour, failed, passed
from garrison.checks.probe import Probe
from garrison.checks.reasoning.throwaway_key import throwaway_key
from garrison.checks.snapshot import Snapshot


@behaviour(
    "kms.wrong-context",
    "What was encrypted with one encryption context cannot be decrypted with another",
    severity="high",
    cells=("kms/encryption/customer",),
    why="The context binds a secret to its place; otherwise one tenant's row opens in another's.",
)
def wrong_context(account: Snapshot, probe: Probe) -> Iterator[Outcome]:
    with throwaway_key(probe) as key:
        asked = {"KeyId": key, "Plaintext": b"probe", "EncryptionContext": {"tenant": "a"}}
        made = probe.call("kms", "Encrypt", asked, keys=probe.own)
        blob = base64.b64decode(made.output.get("CiphertextBlob", ""))
        wrong = {"CiphertextBlob": blob, "EncryptionContext": {"tenant": "b"}}
        right = {"CiphertextBlob": blob, "EncryptionContext": {"tenant": "a"}}
        refused = probe.call("kms", "Decrypt", wrong, keys=probe.own)
        opened = probe.call("kms", "Decrypt", right, keys=probe.own)
    observed = {"wrong context": refused.code or "decrypted", "right context": opened.code or "decrypted"}
    if refused.ok:
        fix = Fix((), account.account, "Whatever answers there does not authenticate the encryption context.")
        yield failed(account.root, "it was decrypted with a context it was not encrypted with", observed, fix=fix)
    elif not opened.ok:
        yield failed(account.root, "it could not be decrypted with its own context", observed)
    else:
        yield passed(account.root, f"a wrong context was refused ({refused.code})", observed)
