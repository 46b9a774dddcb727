"""Who is calling, as the policy language knows it: a tagged union, without policies or session state.

Source: IAM user guide, "AWS JSON policy elements: Principal" and the principal table of "condition context keys".
"""

from __future__ import annotations

import msgspec


class Root(msgspec.Struct, frozen=True, tag="root"):
    """The root user of an account."""

    account: str
    partition: str = "aws"

    @property
    def arn(self) -> str:
        return f"arn:{self.partition}:iam::{self.account}:root"

    @property
    def user_id(self) -> str:
        return self.account


class User(msgspec.Struct, frozen=True, tag="user"):
    """An IAM user, with long-term keys or a GetSessionToken session. `arn` carries the path; `id` is its AIDA id."""

    account: str
    arn: str
    id: str

    @property
    def name(self) -> str:
        return self.arn.rsplit("/", 1)[1]

    @property
    def user_id(self) -> str:
        return self.id


class RoleSession(msgspec.Struct, frozen=True, tag="role-session"):
    """A session of a role. `role_arn` carries the role's path, `role_id` is its AROA id."""

    account: str
    role_arn: str
    role_id: str
    session_name: str
    service_linked: bool = False

    @property
    def role_name(self) -> str:
        return self.role_arn.rsplit("/", 1)[1]

    @property
    def arn(self) -> str:
        """The session's ARN (`arn:aws:sts::A:assumed-role/ROLE/SESSION`), which never carries the role's path."""
        partition = self.role_arn.split(":", 2)[1]
        return f"arn:{partition}:sts::{self.account}:assumed-role/{self.role_name}/{self.session_name}"

    @property
    def user_id(self) -> str:
        return f"{self.role_id}:{self.session_name}"


class FederatedUser(msgspec.Struct, frozen=True, tag="federated-user"):
    """A GetFederationToken session; `issuer_arn` and `issuer_id` are the user (or root) that asked for it."""

    account: str
    name: str
    issuer_arn: str
    issuer_id: str

    @property
    def arn(self) -> str:
        partition = self.issuer_arn.split(":", 2)[1]
        return f"arn:{partition}:sts::{self.account}:federated-user/{self.name}"

    @property
    def user_id(self) -> str:
        return f"{self.account}:{self.name}"


class AssumedRoot(msgspec.Struct, frozen=True, tag="assumed-root"):
    """A member account's root user through sts:AssumeRoot, limited to one task policy."""

    account: str
    task_policy_arn: str
    partition: str = "aws"

    @property
    def arn(self) -> str:
        return f"arn:{self.partition}:iam::{self.account}:root"

    @property
    def user_id(self) -> str:
        return self.account


class Service(msgspec.Struct, frozen=True, tag="service"):
    """An AWS service principal such as `ec2.amazonaws.com`."""

    name: str

    @property
    def account(self) -> None:
        return None

    @property
    def arn(self) -> str:
        return self.name

    @property
    def user_id(self) -> str:
        return self.name


class Anonymous(msgspec.Struct, frozen=True, tag="anonymous"):
    """Nobody: an unsigned request."""

    @property
    def account(self) -> None:
        return None

    @property
    def arn(self) -> str:
        return "anonymous"

    @property
    def user_id(self) -> str:
        return "anonymous"


class Federated(msgspec.Struct, frozen=True, tag="federated"):
    """Somebody an identity provider vouches for, on the way to a role session (AssumeRoleWithWebIdentity, -SAML)."""

    provider: str
    """ARN of the OIDC or SAML provider in the role's account, or a built-in one such as `accounts.google.com`."""
    subject: str = ""
    qualifier: str = ""
    """What makes the subject unique: the audience of a web identity token, `saml:namequalifier` of an assertion."""

    @property
    def account(self) -> None:
        return None

    @property
    def arn(self) -> str:
        return self.provider

    @property
    def saml(self) -> bool:
        """Whether a SAML provider vouches (otherwise one of OpenID Connect)."""
        return ":saml-provider/" in self.provider

    @property
    def user_id(self) -> str:
        """CloudTrail's principalId: issuer, application and user; of SAML, name qualifier and subject."""
        parts = (self.qualifier or self.provider,) if self.saml else (self.provider, self.qualifier)
        return ":".join(part for part in (*parts, self.subject) if part)


Principal = Root | User | RoleSession | FederatedUser | AssumedRoot | Service | Anonymous | Federated
