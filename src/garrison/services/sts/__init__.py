"""The Security Token Service: temporary credentials for roles, users and federated users, and who a caller is."""

from __future__ import annotations

from garrison.services.sts import (
    assume_role,
    assume_root,
    authorization_message,
    federation_token,
    identity,
    saml,
    session_token,
    web_identity,
)

__all__ = [
    "assume_role",
    "assume_root",
    "authorization_message",
    "federation_token",
    "identity",
    "saml",
    "session_token",
    "web_identity",
]
