"""`garrison inspector put`: an image, a function or a folder told to Inspector, by a pipeline."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from garrison.scan.code import CodeFinding, CodeScan
    from garrison.scan.inventory import Inventory

FAILED = 3
"""Exit code: nothing was told, or the target could not be read whole."""
_REPOSITORY = re.compile(r"[a-z0-9]+(?:[._/-][a-z0-9]+)*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?")
_FUNCTION = re.compile(r"[A-Za-z0-9_.-]{1,140}")


@click.command()
@click.argument("target", type=click.Path(exists=True, path_type=Path))
@click.option("--image", metavar="REPOSITORY[:TAG]", help="TARGET is a container image (docker save, OCI layout).")
@click.option("--function", metavar="NAME", help="TARGET is the code of a Lambda function: its zip, or a folder.")
@click.option("--runtime", help="Of the function, as Inspector names it: PYTHON_3_12, NODEJS_22_X.")
@click.option("--code", is_flag=True, help="Scan the function's own code as well (the code extra).")
@click.option("--host", metavar="ID", help="TARGET is the root of a host's file system; its i-...")
@click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", help="A tag of a function or host; repeatable.")
@click.option("--profile", help="AWS profile with the credentials and the endpoint.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def put(
    target: Path,
    image: str | None,
    function: str | None,
    runtime: str | None,
    code: bool,
    host: str | None,
    tags: tuple[str, ...],
    profile: str | None,
    output: str,
) -> None:
    """Tell Inspector what is installed in an image, a function or a file system. It matches that again by itself.

    \b
    docker save shop/api:v7 -o api.tar && garrison inspector put api.tar --image shop/api:v7
    garrison inspector put pay.zip --function pay --runtime PYTHON_3_12

    Credentials, region and endpoint as of every AWS client. Exit code 3: not told, or not all could be read.
    """
    import botocore.exceptions
    import botocore.session

    from garrison.agent.client import Inspector, NoEndpoint, Refused, Unreachable
    from garrison.scan.inventory import TargetError, scan_target
    from garrison.scan.inventory.sbom import cyclonedx

    if sum(one is not None for one in (image, function, host)) != 1:
        raise click.UsageError("Exactly one of --image, --function and --host says what it is.")
    if code and function is None:
        raise click.UsageError("--code is for functions.")
    try:
        inventory = scan_target(target)
        scanned = _code(target) if code else None
    except TargetError as e:
        raise click.UsageError(str(e)) from e
    try:
        inspector = Inspector(botocore.session.Session(profile=profile))
        resource = _resource(inspector.place(), inventory, image, function, runtime, host)
        if tags:
            resource["tags"] = dict(_tag(text) for text in tags)
        if scanned is not None:
            resource["codeFindings"] = [_code_finding(one) for one in scanned.findings[:_MOST_CODE_FINDINGS]]
        document = json.loads(cyclonedx.write(inventory, created=datetime.now(UTC)))
        answer = inspector.put(**resource, sbom=document)
    except (NoEndpoint, botocore.exceptions.ProfileNotFound) as e:
        raise click.UsageError(str(e)) from e
    except (Unreachable, Refused) as e:
        raise _Failed(str(e)) from e
    answer.pop("ResponseMetadata", None)
    _say(answer, inventory, output)
    unread = () if scanned is None else scanned.unread
    for file in unread:
        click.echo(f"code not read: {file}", err=True)
    if not inventory.complete or unread:
        raise SystemExit(FAILED)


class _Failed(click.ClickException):
    exit_code = FAILED


def _resource(
    place: tuple[str, str, str],
    inventory: Inventory,
    image: str | None,
    function: str | None,
    runtime: str | None,
    host: str | None,
) -> dict[str, Any]:
    partition, region, account = place
    if image is not None:
        if not _REPOSITORY.fullmatch(image):
            raise click.UsageError(f"--image {image}: REPOSITORY[:TAG]")
        name, _, tag = image.partition(":")
        if not inventory.digest:
            raise click.UsageError("The target is no container image: it has no image id.")
        details: dict[str, Any] = {"imageTags": [tag]} if tag else {}
        if inventory.architecture:
            details["architecture"] = inventory.architecture
        arn = f"arn:{partition}:ecr:{region}:{account}:repository/{name}/{inventory.digest}"
        return {"resourceId": arn, "resourceType": "AWS_ECR_CONTAINER_IMAGE", "details": details}
    if function is not None:
        if not _FUNCTION.fullmatch(function):
            raise click.UsageError(f"--function {function}: a function's name")
        details = {"packageType": "ZIP"}
        if inventory.digest:
            details["codeSha256"] = base64.b64encode(bytes.fromhex(inventory.digest.removeprefix("sha256:"))).decode()
        if runtime is not None:
            details["runtime"] = runtime
        arn = f"arn:{partition}:lambda:{region}:{account}:function:{function}:$LATEST"
        return {"resourceId": arn, "resourceType": "AWS_LAMBDA_FUNCTION", "details": details}
    return {"resourceId": host, "resourceType": "AWS_EC2_INSTANCE", "scanMode": "EC2_AGENTLESS"}


_MOST_CODE_FINDINGS = 2000


def _code(target: Path) -> CodeScan:
    from garrison.scan.code import NoScanner, scan_code
    from garrison.scan.code.unpacked import NotUnpacked

    try:
        return scan_code(target)
    except (NoScanner, NotUnpacked) as e:
        raise click.UsageError(str(e)) from e


def _code_finding(one: CodeFinding) -> dict[str, Any]:
    told: dict[str, Any] = {
        "detectorId": one.detector,
        "detectorName": one.name,
        "ruleId": one.rule,
        "severity": one.severity,
        "title": one.title[:1024],
        "description": one.description[:4096],
        "cwes": list(one.cwes),
        "detectorTags": list(one.tags),
        "filePath": one.path[:1024],
        "startLine": one.start,
        "endLine": one.end,
    }
    if one.references:
        told["referenceUrls"] = list(one.references)
    if one.lines:
        told["snippet"] = [{"lineNumber": line.number, "content": line.content} for line in one.lines]
    return told


def _tag(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise click.UsageError(f"--tag {text}: KEY=VALUE")
    return key, value


def _say(answer: dict[str, Any], inventory: Inventory, output: str) -> None:
    if output == "json":
        click.echo(json.dumps(answer, indent=2))
    else:
        counts = answer["findings"]
        click.echo(f"{answer['resourceId']}")
        click.echo(
            f"{len(inventory.packages)} packages told; findings: {counts['active']} active, {counts['created']} new, "
            f"{counts['closed']} closed ({answer['scanStatus']['reason']})"
        )
        if "database" not in answer:
            click.echo(
                "The server has no vulnerability database that it can use: garrison inspector db update", err=True
            )
        elif answer["database"]["stale"]:
            click.echo(f"The server's vulnerability database is of {answer['database']['built']}.", err=True)
    for problem in inventory.problems:
        if problem.lost:
            click.echo(f"not read: {problem.path}: {problem.reason}", err=True)
