"""Calls to Shield as the gateway makes them: authorized, then invoked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import garrison.services.shield  # noqa: F401 - the import registers the operations
from garrison.access import mitigation, protected
from garrison.policy.principal import Principal
from garrison.shield.rules import AddressSet
from garrison.store import Reader, Transaction
from tests.services.organizations.house import MANAGEMENT, House

EIP = f"arn:aws:ec2:eu-west-1:{MANAGEMENT}:eip-allocation/eipalloc-0123456789abcdef0"
ZONE = "arn:aws:route53:::hostedzone/Z0123456789"


class WebAcls:
    """Stands for WAF: which balancer has which web ACL, and what Shield's group in it holds."""

    def __init__(self) -> None:
        self.of: dict[str, str] = {}
        self.groups: dict[str, Sequence[Mapping[str, Any]]] = {}

    def web_acl(self, reader: Reader, resource: str) -> str | None:
        return self.of.get(resource)

    def exists(self, reader: Reader, account: str, web_acl: str) -> bool:
        return web_acl in self.of.values()

    def forget(self, tx: Transaction, resource: str) -> None:
        self.of.pop(resource, None)

    def enable(self, tx: Transaction, partition: str, web_acl: str, *, now: float) -> None:
        self.groups.setdefault(web_acl, ())

    def disable(self, tx: Transaction, web_acl: str, *, now: float) -> None:
        self.groups.pop(web_acl, None)

    def rules(self, reader: Reader, web_acl: str) -> Sequence[Mapping[str, Any]] | None:
        return self.groups.get(web_acl)

    def replace(
        self,
        tx: Transaction,
        web_acl: str,
        rules: Sequence[Mapping[str, Any]],
        *,
        addresses: Sequence[AddressSet] | None = None,
        now: float,
    ) -> None:
        self.groups[web_acl] = rules

    def differs(
        self, reader: Reader, web_acl: str, rules: Sequence[Mapping[str, Any]], addresses: Sequence[AddressSet]
    ) -> bool:
        return web_acl in self.groups and list(self.groups[web_acl]) != list(rules)


class Shield:
    """One account's Shield."""

    def __init__(self, directory: Path) -> None:
        self.house = House(directory)
        self.account = MANAGEMENT
        self.web_acls = WebAcls()
        self._kept = (protected._protectable[:], protected._association[:], mitigation._mitigation[:])
        protected.provide_association(self.web_acls)
        mitigation.provide_mitigation(self.web_acls)
        protected._protectable.insert(
            0,
            protected.Protectable(
                "APPLICATION_LOAD_BALANCER", "elasticloadbalancing", "loadbalancer/app/",
                lambda reader, account, arn: "/gone/" not in arn,
            ),
        )  # fmt: skip

    def close(self) -> None:
        protected._protectable[:], protected._association[:], mitigation._mitigation[:] = self._kept
        self.house.close()

    def balancer(self, name: str, web_acl: str | None = None) -> str:
        arn = f"arn:aws:elasticloadbalancing:eu-west-1:{self.account}:loadbalancer/app/{name}/0123456789abcdef"
        if web_acl is not None:
            self.web_acls.of[arn] = web_acl
        return arn

    def run(self, operation: str, by: Principal | str | None = None, **params: Any) -> dict[str, Any]:
        return self.house.run(operation, by, "shield", **params)

    def refused(self, operation: str, by: Principal | str | None = None, **params: Any) -> str:
        """The error's code without `Exception`."""
        return self.house.error(operation, by, "shield", **params).code.removesuffix("Exception")

    def protect(self, arn: str, name: str = "shop", **params: Any) -> str:
        return str(self.run("CreateProtection", Name=name, ResourceArn=arn, **params)["ProtectionId"])
