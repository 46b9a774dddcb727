"""The one exception that carries an AWS error from wherever it arises to the serializer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class AwsError(Exception):
    """An error as an AWS service reports it.

    `code` is the code a client sees (`NoSuchEntity`, `AccessDenied`); the serializer finds the modelled shape and its
    HTTP status by that code. `status` overrides the modelled status and is needed for codes no model lists.
    `fields` are further members of the modelled error shape (`Reason`, ...).
    """

    def __init__(
        self, code: str, message: str = "", *, status: int | None = None, fields: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields: Mapping[str, Any] = fields or {}


def validation_error(*failures: str) -> AwsError:
    """AWS's `ValidationError` for one or more constraint failures, in its wording.

    Source: recorded answers of IAM: `2 validation errors detected: Value ... ; Value ...`.
    """
    n = len(failures)
    noun = "error" if n == 1 else "errors"
    return AwsError("ValidationError", f"{n} validation {noun} detected: {'; '.join(failures)}", status=400)
