"""Who may not use a key cannot."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, behaviour, failed, passed
from garrison.checks.probe import Probe
from garrison.checks.reasoning.throwaway_key import throwaway_key
from garrison.checks.snapshot import Snapshot


@behaviour(
    "kms.key-policy-binds",
    "A user whom neither a key's policy nor its own policies let use the key is refused decryption",
    severity="critical",
    cells=("kms/encryption/customer",),
    why="Encryption protects nothing if anybody can decrypt.",
)
def key_policy_binds(account: Snapshot, probe: Probe) -> Iterator[Outcome]:
    with throwaway_key(probe) as key, probe.user() as person:
        made = probe.call("kms", "Encrypt", {"KeyId": key, "Plaintext": b"probe"}, keys=probe.own)
        blob = base64.b64decode(made.output.get("CiphertextBlob", ""))
        answer = probe.call("kms", "Decrypt", {"CiphertextBlob": blob, "KeyId": key}, keys=person.keys)
    observed = {"kms:Decrypt": answer.code or "allowed"}
    if answer.ok:
        fix = Fix((), account.account, "Whatever answers there does not enforce key policies.")
        yield failed(account.root, "a user without permissions could decrypt", observed, fix=fix)
    else:
        yield passed(account.root, f"a user without permissions was refused ({answer.code})", observed)
