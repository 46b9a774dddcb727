"""AWS Sign-In: the operation that gives `aws login` its credentials, and what sign-in stores."""

from __future__ import annotations

from garrison.services.signin import create_oauth2_token

__all__ = ["create_oauth2_token"]
