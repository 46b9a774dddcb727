"""`garrison detect exported`: findings out of the files that publishing destinations get, opened with KMS."""

from __future__ import annotations

import base64
import gzip
from pathlib import Path
from typing import Any

import click

from garrison.aws.arn import Arn
from garrison.services import sealing


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def exported(paths: tuple[Path, ...]) -> None:
    """Print the findings of exported files, as JSON lines. PATHS are .jsonl.gz files, or folders of them.

    Keys are asked for as the AWS commands would: by AWS_ENDPOINT_URL and the credentials of your environment.
    """
    clients: dict[str, Any] = {}
    for path in paths:
        for file in sorted(path.rglob("*.jsonl.gz")) if path.is_dir() else [path]:
            try:
                click.echo(_opened(file.read_bytes(), clients), nl=False)
            except (ValueError, OSError) as e:
                raise click.ClickException(f"{file}: {e}") from None


def _opened(data: bytes, clients: dict[str, Any]) -> bytes:
    if not data.startswith(sealing.MAGIC):
        return gzip.decompress(data)
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.session import Session

    told = sealing.head(data)
    arn = Arn.parse(told["KeyId"])
    region = "us-east-1" if arn is None else arn.region
    try:
        if region not in clients:
            clients[region] = Session().create_client("kms", region_name=region)
        kms: Any = clients[region]
        answer = kms.decrypt(
            CiphertextBlob=base64.b64decode(told["CiphertextBlob"]), EncryptionContext=told["EncryptionContext"]
        )
    except (BotoCoreError, ClientError) as e:
        raise ValueError(str(e)) from None
    return gzip.decompress(sealing.opened(data, answer["Plaintext"]))
