"""The Security Token Service: temporary credentials for roles, users and federated users, and who a caller is."""

from __future__ import annotations

from garrison.services.sts import assume_role, federation_token, identity, session_token

__all__ = ["assume_role", "federation_token", "identity", "session_token"]
