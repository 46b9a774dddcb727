"""Entering an agreement of Artifact, step by step, with operations that SDKs lack."""

from __future__ import annotations

import urllib.request
from typing import Any

import boto3

from garrison.aws import own
from tests.clients.server import Credentials


def session(keys: Credentials) -> boto3.Session:
    """A session that has Garrison's own models, as `garrison models install` gives them."""
    made = boto3.Session(keys.access_key_id, keys.secret_access_key, keys.session_token, "us-east-1")
    made._session.get_component("data_loader").search_paths.insert(0, str(own.directory()))
    return made


def artifact_of(url: str, keys: Credentials) -> Any:
    return session(keys).client("artifact", endpoint_url=url)


def fetched(url: str) -> bytes:
    """What a presigned link gives."""
    with urllib.request.urlopen(url, timeout=30) as answer:
        found: bytes = answer.read()
    return found


def tokens_for(artifact: Any, agreement: str) -> dict[str, Any]:
    """Reading it: what is promised first, then the agreement and its terms. Gives what accepts it."""
    nda = artifact.get_nda_for_agreement(agreementId=agreement)
    assert b"confidential" in fetched(nda["documentPresignedUrl"])
    revision = nda["agreementRevisionId"]
    promised = artifact.accept_nda_for_agreement(
        agreementId=agreement, agreementRevisionId=revision, ndaToken=nda["acceptNdaForAgreementToken"]
    )
    read = artifact.get_agreement(agreementId=agreement, ndaToken=promised["getAgreementToken"])
    assert b"template" in fetched(read["documentPresignedUrl"])
    assert read["acceptanceTerms"]
    tokens = {k: read[k] for k in ("acceptanceTermsToken", "executeAgreementToken")}
    return {"agreementId": agreement, "agreementRevisionId": revision, **tokens}


def enter(artifact: Any, agreement: str) -> dict[str, Any]:
    """The whole way; gives the customer agreement."""
    made: dict[str, Any] = artifact.accept_agreement(**tokens_for(artifact, agreement))["customerAgreement"]
    return made
