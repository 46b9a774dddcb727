"""Server certificates as load balancers and distributions use them: with their keys."""

from __future__ import annotations

from garrison.access.certificates import provide_certificates
from garrison.access.runtime import Runtime
from garrison.access.sites import Certificate
from garrison.aws.arn import Arn
from garrison.services.iam.credentials import SERVER_CERTIFICATE
from garrison.services.iam.server_certificates import PURPOSE
from garrison.store import Reader


def listener_certificate(reader: Reader, runtime: Runtime, arn: Arn) -> Certificate | None:
    """The server certificate of an ARN; its path must be right too."""
    noun, _, name = arn.resource.rpartition("/")
    row = reader.get(SERVER_CERTIFICATE, arn.account, name)
    if row is None or f"{noun}/" != f"server-certificate{row.body.path}":
        return None
    chain = "" if row.body.chain is None else "\n" + row.body.chain
    if not runtime.seal.usable:
        return None  # its private key cannot be opened before the root key is
    key = runtime.seal.open(PURPOSE, row.body.sealed_key, row.id).decode()
    return Certificate((), row.body.body + chain + "\n", key)


provide_certificates("iam", listener_certificate)
