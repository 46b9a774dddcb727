"""`garrison audit attest|withdraw`: a person's word on what was found, by the operation that policies decide about."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from garrison.cli.assess_history import spoken
from garrison.cli.assess_report import evidence_option, ledger_of, signer
from garrison.cli.instance import instance

if TYPE_CHECKING:
    from garrison.assess.audit import Attestation
    from garrison.assess.ledger import Ledger
    from garrison.checks.probe import Answer


def attestations(ledger: Ledger, accounts: Iterable[str]) -> list[Attestation]:
    """Everything attested of accounts: what the evidence tells, and what the running Garrison has beyond it."""
    from garrison.assess.audit.attested import recorded

    there = {(one.id, one.withdrawn): one for one in recorded(ledger.history())}
    found = {one.id: one for one in there.values() if one.account in set(accounts)}
    for one in _kept(accounts):
        found[one.id] = one
    return list(found.values())


def unrecorded(ledger: Ledger, several: Iterable[Attestation]) -> Iterator[dict[str, Any]]:
    """Records of attestations the evidence does not tell yet."""
    from garrison.assess.audit.attested import record, recorded

    there = {(one.id, one.withdrawn) for one in recorded(ledger.history())}
    for one in several:
        if (one.id, one.withdrawn) not in there:
            yield record(one)


def _kept(accounts: Iterable[str]) -> Iterator[Attestation]:
    """What the running Garrison has, asked at its operator's door; nothing where none runs, or lacks an account."""
    from garrison.assess.audit.attested import told

    garrison = instance()
    if garrison.server() is None:
        return
    there = {one["id"] for one in garrison.ask("GET", "/_garrison/accounts")["accounts"]}
    for account in accounts:
        params: dict[str, Any] = {}
        while account in there:
            call = {"service": "garrison", "operation": "ListAuditAttestations", "params": params}
            asked = {"account": account, "calls": [call]}
            answer = garrison.ask("POST", "/_garrison/read", asked, timeout=120)["answers"][0]
            output = answer.get("output", {})
            yield from (told(one) for one in output.get("attestations", ()))
            if not output.get("nextToken"):
                break
            params = {"nextToken": output["nextToken"]}


@click.command()
@click.argument("item")
@click.option("--digest", required=True, help="Of what was found, or its beginning: garrison audit show ITEM tells it.")
@click.option("--statement", required=True, help="What you attest, in your words.")
@click.option(
    "--opinion", type=click.Choice(["satisfied", "not-satisfied", "not-applicable"]), default="satisfied",
    show_default=True,
)  # fmt: skip
@click.option("--audit", "run", default="latest", show_default=True, help="Id of the audit's run.")
@click.option("--document", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A document that shows it: its SHA-256 is attested too; it stays where it is.")  # fmt: skip
@click.option("--valid-days", type=click.IntRange(1), help="How long it holds; at most as long as the item allows.")
@click.option("--profile", help="AWS profile whose credentials attest. Else: those this shell has.")
@click.option("--endpoint", metavar="URL", help="Which Garrison. Else: the one that runs here.")
@evidence_option
def attest(
    item: str, digest: str, statement: str, opinion: str, run: str, document: Path | None, valid_days: int | None,
    profile: str | None, endpoint: str | None, evidence: Path | None,
) -> None:  # fmt: skip
    """Attest ITEM, with the credentials of an auditor: a role session with MFA that may garrison:AttestAuditItem.

    What is attested is the digest of what was found. It lapses when that changes, and after its days.
    """
    if len(digest) < 8:
        raise click.UsageError("Give at least eight characters of the digest.")
    caller = _Caller(profile, endpoint)
    found = caller.do("GetAuditItem", auditId=run, auditItemId=item)
    whole = str(found["item"]["evidenceDigest"])
    if not whole.startswith(digest):
        who = caller.do("GetCallerIdentity", service="sts")
        if str(who["Arn"]).endswith(":root"):
            raise click.ClickException("Root users attest nothing: assume a role that auditors have.")
        raise click.ClickException(
            f"What audit {found['auditId']} found of {item} in account {who['Account']}, where these credentials are "
            f"from, has the digest {whole}. {digest} is of another account or another audit."
        )
    asked: dict[str, Any] = {
        "auditId": found["auditId"], "auditItemId": item, "evidenceDigest": whole, "statement": statement,
        "opinion": opinion.replace("-", "_").upper(),
    }  # fmt: skip
    if document is not None:
        asked["documentSha256"] = hashlib.sha256(document.read_bytes()).hexdigest()
    if valid_days is not None:
        asked["validDays"] = valid_days
    made = caller.do("AttestAuditItem", **asked)["attestation"]
    click.echo(
        f"{made['attestationId']}  {item}  {made['opinion']}  until {made['validUntil']}  by {made['principal']}"
    )
    _record(made, evidence)


@click.command()
@click.argument("attestation")
@click.option("--profile", help="AWS profile whose credentials withdraw it. Else: those this shell has.")
@click.option("--endpoint", metavar="URL", help="Which Garrison. Else: the one that runs here.")
@evidence_option
def withdraw(attestation: str, profile: str | None, endpoint: str | None, evidence: Path | None) -> None:
    """Take back ATTESTATION (its id). It stays on record, and does not count any more."""
    made = _Caller(profile, endpoint).do("WithdrawAuditAttestation", attestationId=attestation)["attestation"]
    click.echo(f"{attestation} is withdrawn")
    _record(made, evidence)


def _record(made: dict[str, Any], evidence: Path | None) -> None:
    """Seal what was said into the evidence that lies here; the next audit does it where none lies here."""
    from garrison.assess.audit.attested import record, told

    with spoken():
        ledger = ledger_of(evidence)
        if ledger.runs():
            ledger.append([record(told(made))], signer())
        else:
            click.echo("Evidence lies elsewhere: the next audit seals this attestation into it.", err=True)


class _Caller:
    """Whoever attests: real credentials, whose calls policies decide about."""

    def __init__(self, profile: str | None, endpoint: str | None) -> None:
        from garrison.checks.collect.endpoint import found_keys

        self._keys, region = found_keys(profile)
        self._region = region or "us-east-1"
        self._endpoint = endpoint or instance().url()
        instance().trust()

    def do(self, operation: str, *, service: str = "garrison", **params: Any) -> dict[str, Any]:
        answer = self._answer(service, operation, params)
        if not answer.ok:
            raise click.ClickException(f"{answer.code}: {answer.message}")
        return answer.output

    def _answer(self, service: str, operation: str, params: dict[str, Any]) -> Answer:
        from garrison.checks.api import NotRead
        from garrison.checks.collect.collector import CollectError
        from garrison.checks.collect.probe import AwsProbe

        try:
            probe = AwsProbe("", self._endpoint, self._region, self._keys)
            return probe.call(service, operation, params, keys=self._keys)
        except (NotRead, CollectError) as e:
            raise click.ClickException(str(e)) from e
