"""`garrison coverage`: which operations are real, and which answer an honest error."""

from __future__ import annotations

import click

from garrison.cli.output import output_option, print_rows


@click.command()
@click.argument("service", required=False)
@output_option()
def coverage(service: str | None, output: str) -> None:
    """Operations Garrison implements, by service; of one service, each by name."""
    from garrison.aws import models
    from garrison.services import load
    from garrison.services.operation import OPERATIONS

    load()
    known = sorted({s for s, _ in OPERATIONS})
    if service is None:
        rows = []
        for name in known:
            total = len(models.service(name).operation_names)
            done = sum(1 for s, _ in OPERATIONS if s == name)
            rows.append({"service": name, "implemented": done, "operations": total})
        print_rows(rows, ("service", "implemented", "operations"), output, name="services")
        return
    if service not in models.services():
        raise click.UsageError(f"botocore knows no service {service!r}.")
    rows = [
        {"operation": name, "implemented": "yes" if (service, name) in OPERATIONS else "no"}
        for name in sorted(models.service(service).operation_names)
    ]
    print_rows(rows, ("operation", "implemented"), output, name="operations")
