"""Settings of a cluster that open it: bindings for everybody, administrators by default, dashboards on the internet.

Logic: specification 2, `Policy:Kubernetes/*`. A request's own object says what was asked, the answer's what came of
it; audit records have them at the levels Request and RequestResponse. The binding Kubernetes makes itself, of
`system:public-info-viewer`, is no finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import KubernetesCall
from garrison.detect.kubernetes import succeeded
from garrison.detect.parameters import items, mapping, text
from garrison.detect.registry import on_event
from garrison.detect.saying import of_kubernetes

ANONYMOUS = "Policy:Kubernetes/AnonymousAccessGranted"
DEFAULT = "Policy:Kubernetes/AdminAccessToDefaultServiceAccount"
DASHBOARD = "Policy:Kubernetes/ExposedDashboard"
KUBEFLOW = "Policy:Kubernetes/KubeflowDashboardExposed"

_WRITES = frozenset({"create", "update", "patch"})
_NOBODY = frozenset({"system:anonymous", "system:unauthenticated"})
_INTERNAL = (
    "service.beta.kubernetes.io/aws-load-balancer-internal",
    "service.beta.kubernetes.io/aws-load-balancer-scheme",
)


def _object(call: KubernetesCall) -> dict[str, Any]:
    """What the resource is now: the answer's object, else the request's."""
    for name in ("responseObject", "requestObject"):
        found = call.record.get(name)
        if isinstance(found, dict) and found.get("kind") != "Status" and found.keys() & {"spec", "subjects", "rules"}:
            return found
    return {}


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    yield from (one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


@on_event(KubernetesCall, ANONYMOUS, DEFAULT)
def binding(call: KubernetesCall, context: Context) -> Iterable[Detection]:
    if call.resource not in ("rolebindings", "clusterrolebindings") or call.verb not in _WRITES or not succeeded(call):
        return
    written = _object(call)
    role = text(mapping(written.get("roleRef")).get("name"))
    subjects = list(_dicts(written.get("subjects")))
    key = (call.cluster, call.namespace, call.object_name)
    if role != "system:public-info-viewer" and any(text(one.get("name")) in _NOBODY for one in subjects):
        yield of_kubernetes(ANONYMOUS, call, context, key)
    administers = role == "cluster-admin" or context.memory.known(_roles(call), "everything", role, call.time)
    if administers and any(_default(one) for one in subjects):
        yield of_kubernetes(DEFAULT, call, context, key)


@on_event(KubernetesCall, DEFAULT)
def role(call: KubernetesCall, context: Context) -> Iterable[Detection]:
    """Says nothing: it remembers which roles may do everything, until one is bound."""
    if call.resource in ("roles", "clusterroles") and call.verb in _WRITES and succeeded(call):
        rules = _object(call).get("rules")
        if any("*" in items(rule.get("verbs")) and "*" in items(rule.get("resources")) for rule in _dicts(rules)):
            context.memory.learn(_roles(call), "everything", call.object_name, call.time)
    return ()


def _roles(call: KubernetesCall) -> str:
    return f"{call.account}/{call.cluster}/roles"


def _default(subject: dict[str, Any]) -> bool:
    name = str(subject.get("name", ""))
    if subject.get("kind") == "ServiceAccount":
        return name == "default"
    if subject.get("kind") == "Group":  # every service account is of these, the default ones with them
        return name.startswith("system:serviceaccounts")
    return name.startswith("system:serviceaccount:") and name.endswith(":default")


@on_event(KubernetesCall, DASHBOARD, KUBEFLOW)
def dashboard(call: KubernetesCall, context: Context) -> Iterable[Detection]:
    if call.resource != "services" or call.verb not in _WRITES or not succeeded(call):
        return ()
    service = _object(call)
    if not _on_the_internet(service):
        return ()
    key = (call.cluster, call.namespace, call.object_name)
    if call.object_name == "kubernetes-dashboard" or call.namespace == "kubernetes-dashboard":
        return (of_kubernetes(DASHBOARD, call, context, key),)
    if _kubeflow(call, service, context):
        return (of_kubernetes(KUBEFLOW, call, context, key),)
    return ()


def _on_the_internet(service: dict[str, Any]) -> bool:
    if mapping(service.get("spec")).get("type") != "LoadBalancer":
        return False
    notes = mapping(mapping(service.get("metadata")).get("annotations"))
    return (
        str(notes.get(_INTERNAL[0], "")).lower() not in ("true", "0.0.0.0/0") and notes.get(_INTERNAL[1]) != "internal"
    )


def _kubeflow(call: KubernetesCall, service: dict[str, Any], context: Context) -> bool:
    if call.namespace == "kubeflow" or call.object_name in ("centraldashboard", "kubeflow-dashboard"):
        return True
    if call.object_name != "istio-ingressgateway":
        return False
    # Istio's gateway serves many: it is Kubeflow's where it says so, or the cluster is known to run it.
    metadata = mapping(service.get("metadata"))
    words = {**mapping(metadata.get("labels")), **mapping(metadata.get("annotations"))}
    said = any("kubeflow" in f"{name} {value}".lower() for name, value in words.items())
    return said or bool(context.known("cluster", call.cluster).get("kubeflow"))
