"""`garrison coverage`: which operations are real, and which answer an honest error."""

from __future__ import annotations

import click

from garrison.cli.output import output_option, print_rows


@click.command()
@click.argument("service", required=False)
@click.option(
    "--upstream",
    is_flag=True,
    help="What the gateway knows of calls it forwards, instead of what Garrison implements itself.",
)
@output_option()
def coverage(service: str | None, upstream: bool, output: str) -> None:
    """Operations Garrison implements, by service; of one service, each by name.

    With --upstream: of how many operations the meaning (actions, resources, condition keys) is mapped explicitly, by
    the general rule, or not at all, so that every call is refused; of one service, each by name and why.
    """
    from garrison.aws import models

    if service is not None and service not in models.services():
        raise click.UsageError(f"botocore knows no service {service!r}.")
    if upstream:
        _upstream(service, output)
    else:
        _implemented(service, output)


def _implemented(service: str | None, output: str) -> None:
    from garrison.aws import models
    from garrison.services import load
    from garrison.services.operation import OPERATIONS

    load()
    if service is None:
        rows = []
        for name in sorted({s for s, _ in OPERATIONS}):
            total = len(models.service(name).operation_names)
            done = sum(1 for s, _ in OPERATIONS if s == name)
            rows.append({"service": name, "implemented": done, "operations": total})
        print_rows(rows, ("service", "implemented", "operations"), output, name="services")
        return
    rows = [
        {"operation": name, "implemented": "yes" if (service, name) in OPERATIONS else "no"}
        for name in sorted(models.service(service).operation_names)
    ]
    print_rows(rows, ("operation", "implemented"), output, name="operations")


def _upstream(service: str | None, output: str) -> None:
    import msgspec

    from garrison.aws import models
    from garrison.aws.reference.standing import counted, standing

    if service is None:
        rows = [msgspec.to_builtins(counted(name)) for name in sorted(models.services())]
        print_rows(rows, ("service", "explicit", "default", "refused", "operations"), output, name="services")
        return
    listed = []
    for name in sorted(models.service(service).operation_names):
        way, why = standing(service, name)
        listed.append({"operation": name, "mapping": str(way), "why": why.removeprefix(f"{service} {name}: ")})
    print_rows(listed, ("operation", "mapping", "why"), output, name="operations")
