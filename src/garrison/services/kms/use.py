"""What every use of a key begins and ends with.

The order of checks: which key (and may the caller: before the operation runs), usage and algorithm, key state, what the
cryptography asks of the data, `DryRun`; only then is anything done. A caller without permission learns none of it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from garrison.access.call import Call
from garrison.keys.material import Key as EngineKey
from garrison.keys.material import Place
from garrison.keys.specs import SPECS
from garrison.services.kms import usage
from garrison.services.kms.domains import domain_of
from garrison.services.kms.errors import dry_run, error, incompatible_algorithm, invalid_state, invalid_usage
from garrison.services.kms.grants import check_tokens
from garrison.services.kms.located import arn_of, key_named
from garrison.services.kms.resources import Key, Material
from garrison.services.kms.states import require_state
from garrison.store import Reader, Resource


class Used(NamedTuple):
    """A key that may be used for what is asked."""

    row: Resource[Key]
    arn: str


def use(call: Call, reader: Reader, named: str, usage: str, algorithm: str | None = None) -> Used:
    """The key that a parameter names, ready for one usage with one algorithm.

    Raises `NotFoundException`, `InvalidGrantTokenException`, `InvalidKeyUsageException`, and what its state raises.
    """
    return admitted(call, reader, key_named(call, reader, named), usage, algorithm)


def admitted(call: Call, reader: Reader, row: Resource[Key], usage: str, algorithm: str | None = None) -> Used:
    """The same for a key that was found in another way."""
    if "GrantTokens" in call.params:
        check_tokens(call, reader)
    arn = arn_of(row, call.partition)
    body = row.body
    if row.account != call.account and row.account not in call.shared_with:
        # Who owns a key sees in the trail who used it (developer guide, "Logging AWS KMS API calls").
        call.shared_with = (*call.shared_with, row.account)
    if body.usage != usage:
        raise invalid_usage(arn, body.usage, call.operation)
    if algorithm is not None and algorithm not in SPECS[body.spec].usages[usage]:
        raise incompatible_algorithm(algorithm, body.spec)
    require_state(call, reader, row, arn)
    return Used(row, arn)


def engine_key(call: Call, reader: Reader, row: Resource[Key], material: Material | None = None) -> EngineKey:
    """A key with one of its materials, the current one by default, for the engine."""
    body = row.body
    one = body.current if material is None else material
    if one is None or one.sealed is None:
        raise invalid_state(f"{arn_of(row, call.partition)} is pending import.")
    place = Place(row.account, row.region, row.name, body.spec, body.usage, body.origin)
    return EngineKey(place, one.sealed, domain_of(call.runtime, reader, one.sealed.domain))


def stop_if_dry(call: Call) -> None:
    """Raise `DryRunOperationException` if the call only asks whether it would succeed."""
    if call.params.get("DryRun"):
        raise dry_run()


def refuse_recipient(call: Call) -> None:
    """Raise for calls of Nitro enclaves: to ignore what they ask would be to send the plaintext in clear."""
    if "Recipient" in call.params:
        raise error("UnsupportedOperation", "Garrison does not verify attestation documents (yet).")


def used(call: Call, row: Resource[Key], output: dict[str, Any]) -> dict[str, Any]:
    """The output of a use that succeeded, which is noted."""
    usage.note(call, row)
    return output
