"""`garrison totp`: the code an authenticator would show for a seed."""

from __future__ import annotations

import base64
import binascii
import time
from pathlib import Path

import click


@click.command()
@click.argument("seed", required=False)
@click.option(
    "--file", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="File with the seed."
)
@click.option("--step", default=0, show_default=True, help="Which 30-second step: 0 is now, +1 the next.")
def totp(seed: str | None, file: Path | None, step: int) -> None:
    """Print the TOTP code for a base32 SEED, as an authenticator would."""
    from garrison.services.iam.totp import STEP, code

    text = seed if seed is not None else file.read_text() if file else None
    if text is None:
        raise click.UsageError("Give a seed, or --file with one.")
    try:
        raw = base64.b32decode(text.strip().upper())
    except binascii.Error as e:
        raise click.UsageError(f"That is not a base32 seed: {e}.") from e
    click.echo(code(raw, int(time.time()) // STEP + step))
