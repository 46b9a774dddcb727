"""Who is responsible: the parties, and the two profiles under which a service is used."""

from __future__ import annotations

from enum import StrEnum


class Party(StrEnum):
    """Who has work to do in a cell, by the letter that stands for it wherever it is shown."""

    PROVIDER = "P"
    CUSTOMER = "C"
    SHARED = "S"
    OPERATOR = "O"
    """Whoever runs the machines, where nobody sells them as a service."""
    NOBODY = "-"
    """The service has no such layer."""

    @property
    def word(self) -> str:
        """What it is called."""
        return _TITLES[self]

    @property
    def weight(self) -> int:
        """How much of the work is the customer's: 0 none, 1 a part, 2 all of it."""
        return {Party.CUSTOMER: 2, Party.SHARED: 1}.get(self, 0)


_TITLES = {
    Party.PROVIDER: "provider",
    Party.CUSTOMER: "customer",
    Party.SHARED: "shared",
    Party.OPERATOR: "operator",
    Party.NOBODY: "not applicable",
}


class Profile(StrEnum):
    """Where the services run."""

    AWS = "aws"
    """At AWS: the provider is AWS, and its part is shown by the reports of its auditors."""
    SELF_HOSTED = "self-hosted"
    """On machines of one's own: what would be the provider's part is the operator's, who must show evidence for it."""

    @property
    def beside(self) -> Party:
        """The party that has the part of the work which is not the customer's."""
        return Party.PROVIDER if self is Profile.AWS else Party.OPERATOR
