"""Web ACLs stop an attack."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, behaviour, failed, not_applicable, passed
from garrison.checks.probe import Probe
from garrison.checks.snapshot import Snapshot

ATTACKS = {
    "SQL injection": "/?q=1%27%20UNION%20SELECT%20name,%20card%20FROM%20customers--",
    "cross-site scripting": "/?q=%3Cscript%3Ealert(document.cookie)%3C/script%3E",
}
"""Two that any rule group against their kind knows, and that do nothing to an application that is well."""
PLAIN = "/?q=green"


@behaviour(
    "wafv2.attack-blocked",
    "A request with SQL injection or a script in it is stopped before every load balancer that has a web ACL",
    severity="high",
    cells=("waf/app/customer", "*/app/customer"),
    needs=("load-balancers",),
    why="A web ACL that only counts, or has no rule that fits, stops nobody.",
)
def attack_blocked(account: Snapshot, probe: Probe) -> Iterator[Outcome]:
    found = False
    for one in account.fact("load-balancers"):
        address = next(iter(one["Addresses"]), None)
        if one["WebAcl"] is None or address is None:
            continue
        found = True
        plain = probe.request(address + PLAIN)
        told = {name: probe.request(address + path) for name, path in ATTACKS.items()}
        observed = {"a plain request": plain, **told}
        let_in = [name for name, status in told.items() if status == plain or not 400 <= status < 500]
        if plain in (403, 405):
            yield failed(one["Arn"], f"a plain request is answered {plain}: nothing can be told of attacks", observed)
        elif let_in:
            note = (
                "Give its web ACL rules that block: AWSManagedRulesSQLiRuleSet and AWSManagedRulesCommonRuleSet, say."
            )
            fix = Fix(account=account.account, note=note)
            yield failed(one["Arn"], f"{' and '.join(let_in)} got through", observed, fix=fix)
        else:
            yield passed(one["Arn"], "both attacks were stopped, and a plain request was not", observed)
    if not found:
        yield not_applicable(account.root, "no load balancer that can be reached has a web ACL")
