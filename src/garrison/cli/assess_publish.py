"""`garrison assess publish`: a framework's report, made, signed and put into Artifact."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from garrison.cli.assess_framework import framework
from garrison.cli.assess_history import spoken
from garrison.cli.assess_report import evidence_option, ledger_of, signer
from garrison.cli.instance import Unreachable, instance
from garrison.cli.output import output_option, print_rows
from garrison.cli.source import Incomplete


@click.command("publish")
@click.argument("run", default="latest")
@click.option("--framework", "named", required=True, metavar="ID|FILE", help="Against which framework.")
@click.option(
    "--terms", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="What whoever wants the report accepts first. Else: Garrison's own terms.",
)  # fmt: skip
@click.option(
    "--kms-key", metavar="ID|ALIAS|ARN",
    help="Encrypt it at rest under this key of KMS: it needs kms:GenerateDataKey, and kms:Decrypt whoever wants it.",
)  # fmt: skip
@click.option("--explicit", is_flag=True, help="The terms are to be accepted, not only read.")
@click.option(
    "--profile", help="Publish as this profile. Else: as whom this shell is, or the first account's root user."
)
@evidence_option
@output_option()
def publish(
    run: str, named: str, terms: Path | None, explicit: bool, kms_key: str | None, profile: str | None,
    evidence: Path | None, output: str,
) -> None:  # fmt: skip
    """Make the report of what RUN says of a framework, sign it, and publish it in the running Garrison's Artifact.

    Every run is a new version of the framework's report, whose series is the framework: aws artifact list-reports.
    What is published already is published as it is: nothing is made twice. It needs garrison:PublishReport.
    """
    from garrison.assess.report.publication import publication

    found = framework(named)
    with spoken():
        params = publication(found, ledger_of(evidence).run(run), signer())
    if terms is not None:
        params["terms"] = terms.read_bytes()
    if explicit:
        params["acceptanceType"] = "EXPLICIT"
    if kms_key is not None:
        params["kmsKeyId"] = kms_key
    made = _published(params, profile)
    row = {
        "report": made["reportId"], "version": made["reportVersion"], "series": params["series"],
        "name": params["name"], "arn": made["reportArn"], "sha256": made["sha256"], "signed_with": made["signedWith"],
        "kms_key": made.get("kmsKeyArn", ""),
    }  # fmt: skip
    print_rows([row], ("report", "version", "series", "name"), output, name="published")


def _published(params: dict[str, Any], profile: str | None) -> dict[str, Any]:
    from garrison.checks.api import NotRead
    from garrison.checks.collect.aws import client, invoke
    from garrison.checks.collect.collector import CollectError
    from garrison.checks.collect.endpoint import found_keys
    from garrison.checks.probe import Keys

    garrison = instance()
    garrison.trust()
    region: str | None = None
    if profile is not None or os.environ.get("AWS_ACCESS_KEY_ID"):
        try:
            keys, region = found_keys(profile)
        except CollectError as e:
            raise Incomplete(str(e)) from e
    else:
        own = garrison.credentials()
        keys, region = Keys(own["aws_access_key_id"], own["aws_secret_access_key"]), own.get("region")
    try:
        asked = client({}, "garrison", region or "us-east-1", keys, garrison.url(), attempts=1)
        made, refused, _ = invoke(asked, "PublishReport", params)
    except NotRead as e:
        raise Unreachable(str(e)) from e
    if refused is not None:
        raise click.ClickException(f"{refused.code}: {refused.message}")
    return made
