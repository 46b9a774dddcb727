"""What Account Management stores: `CONTACT`, one row for each contact of an account, named `PRIMARY` or by its type."""

from __future__ import annotations

import msgspec

from garrison.store import Kind

PRIMARY = "PRIMARY"


class Contact(msgspec.Struct, frozen=True):
    """A contact."""

    sealed: bytes
    """Its members as the API names them, as JSON, sealed: names and addresses of people."""


CONTACT = Kind("account.contact", Contact)
