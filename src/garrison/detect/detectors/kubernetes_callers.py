"""Requests to a cluster from addresses on lists, or from nobody with a name.

Logic: specification 2, EKS table: what was asked gives the tactic (`detect.kubernetes`), the caller the rest.
Anonymous requests count when they succeeded, and asked for more than everybody may know.
"""

from __future__ import annotations

from collections.abc import Iterable

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import KubernetesCall
from garrison.detect.kubernetes import harmless, succeeded, tactic
from garrison.detect.listed import KINDS, by_kind, evidence
from garrison.detect.registry import on_event
from garrison.detect.saying import of_kubernetes

_TACTICS = ("CredentialAccess", "DefenseEvasion", "Discovery", "Impact", "Persistence")


@on_event(KubernetesCall, *(f"{tactic}:Kubernetes/{kind}" for tactic in _TACTICS for kind in KINDS))
def listed_caller_of_cluster(call: KubernetesCall, context: Context) -> Iterable[Detection]:
    for address in call.source_addresses:
        matches = context.intel.address(address)
        if matches:
            key = (call.cluster, call.user, call.namespace)
            for kind, some in by_kind(matches).items():
                type = f"{tactic(call)}:Kubernetes/{kind}"
                yield of_kubernetes(type, call, context, key, address=address, evidence=evidence(some))
            return


@on_event(KubernetesCall, *(f"{tactic}:Kubernetes/SuccessfulAnonymousAccess" for tactic in _TACTICS))
def anonymous(call: KubernetesCall, context: Context) -> Iterable[Detection]:
    if call.user != "system:anonymous" or not succeeded(call) or harmless(call):
        return ()
    type = f"{tactic(call)}:Kubernetes/SuccessfulAnonymousAccess"
    return (of_kubernetes(type, call, context, (call.cluster, call.namespace)),)
