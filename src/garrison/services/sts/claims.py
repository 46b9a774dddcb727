"""Claims of a web identity token as condition keys, session tags and source identity.

A key is the provider's URL without its scheme, a colon, and the claim: `id.example.com/realms/staff:sub`. Sources: IAM
user guide, "Available keys for AWS OIDC federation" and "Pass session tags in AWS STS"; which providers have keys of
their own is in the service authorization reference of AWS STS.
"""

from __future__ import annotations

import re
from typing import Any

from garrison.services.sts import tags
from garrison.services.sts.federated_session import refused, session_tags
from garrison.services.sts.web_identity_token import Token

_STANDARD = ("amr", "azp", "email", "sub")
_KEPT = ("amr", "aud", "sub")
"""What a session goes on carrying."""

_GITHUB = (
    "actor",
    "actor_id",
    "enterprise_id",
    "environment",
    "job_workflow_ref",
    "ref",
    "repository",
    "repository_id",
    "repository_owner_id",
    "workflow",
)
_BUILDKITE = (
    "build_branch",
    "cluster_id",
    "cluster_name",
    "organization_id",
    "organization_slug",
    "pipeline_id",
    "pipeline_slug",
)
_OWN_KEYS = (
    (re.compile(r"token\.actions\.githubusercontent\.com(/.*)?|token\.actions\.[^./]+\.ghe\.com"), _GITHUB),
    (re.compile(r"github\.com/enterprises/[^/]+"), _GITHUB),
    (re.compile(r"agent\.buildkite\.com|agent\.[^./]+\.buildkite\.(dev|site)"), _BUILDKITE),
    (
        re.compile(r"gitlab\.com"),
        (
            "namespace_id",
            "pipeline_source",
            "project_id",
            "ref_protected",
            "runner_environment",
            "user_access_level",
            "user_email",
            "user_id",
            "user_login",
        ),
    ),
    (re.compile(r"accounts\.google\.com"), ("google/organization_number",)),
    (re.compile(r"oidc\.circleci\.com/org/[^/]+"), ("oidc.circleci.com/project-id",)),
    (re.compile(r"idcs-[^./]+\.identity\.oraclecloud\.com"), ("rpst_id",)),
)

TAGS = "https://aws.amazon.com/tags"
SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"

Values = dict[str, str | tuple[str, ...]]


def condition_keys(token: Token) -> tuple[Values, Values]:
    """The keys for the call itself, and those of them that the session keeps."""
    place = token.provider.url.partition("://")[2]
    claims = token.claims
    found: Values = {"aud": token.audience}
    if claims.get("azp"):
        # With `azp`, the key `aud` is that claim, and the claim `aud` is the key `oaud`.
        found |= _value("oaud", claims.get("aud"))
    for name in _STANDARD:
        found |= _value(name, claims.get(name))
    for pattern, names in _OWN_KEYS:
        if pattern.fullmatch(place):
            for name in names:
                found |= _value(name, claims.get(name))
    keys: Values = {f"{place}:{name}".lower(): value for name, value in found.items()}
    return keys, {f"{place}:{name}".lower(): found[name] for name in _KEPT if name in found}


def _value(name: str, claim: Any) -> Values:
    if isinstance(claim, bool):
        return {name: "true" if claim else "false"}
    if isinstance(claim, (str, int, float)):
        return {name: str(claim)}
    if isinstance(claim, list) and claim and all(isinstance(item, str) for item in claim):
        return {name: tuple(claim)}
    return {}


def tags_of(claims: dict[str, Any]) -> tags.SessionTags:
    """Session tags, from the nested claim or from flattened ones. Raises `AwsError`."""
    nested = claims.get(TAGS, {})
    if not isinstance(nested, dict):
        raise _malformed()
    principal_tags, transitive = nested.get("principal_tags", {}), nested.get("transitive_tag_keys", [])
    if not isinstance(principal_tags, dict):
        raise _malformed()
    given = list(principal_tags.items())
    prefix = f"{TAGS}/principal_tags/"
    given += [(name[len(prefix) :], value) for name, value in claims.items() if name.startswith(prefix)]
    flat = claims.get(f"{TAGS}/transitive_tag_keys", [])
    keys = [*_texts(transitive), *_texts(flat)]
    return session_tags([(key, _one(value)) for key, value in given], keys)


def _texts(value: Any) -> list[str]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise _malformed()
    return items


def _one(value: Any) -> str:
    texts = _texts(value)
    if len(texts) != 1:
        raise _malformed()
    return texts[0]


def _malformed() -> Exception:
    return refused(f"The claim {TAGS} is not formed as session tags are.")  # a guess


def source_identity_of(claims: dict[str, Any]) -> str | None:
    """The source identity. Raises `AwsError` for what cannot be one."""
    value = claims.get(SOURCE_IDENTITY)
    if value is None:
        return None
    return _one(value)
