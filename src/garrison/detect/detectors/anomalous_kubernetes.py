"""Requests to a cluster that are unlike their user: `*:Kubernetes/AnomalousBehavior.*`.

Types and what they are about: GuardDuty user guide, "EKS Protection finding types". The statistics are ours
(`baseline.rarity`): AWS's model is not published.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.detect.baseline.callers import agent, network
from garrison.detect.baseline.learning import watched
from garrison.detect.baseline.memory import DAY
from garrison.detect.baseline.rarity import attend, learn, rarity, suspect, with_anomaly
from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import KubernetesCall
from garrison.detect.kubernetes import succeeded
from garrison.detect.registry import on_event
from garrison.detect.saying import caller, of_kubernetes

_SECRETS = "CredentialAccess:Kubernetes/AnomalousBehavior.SecretsAccessed"
_CHECKED = "Discovery:Kubernetes/AnomalousBehavior.PermissionChecked"
_EXEC = "Execution:Kubernetes/AnomalousBehavior.ExecInPod"
_DEPLOYED = "Execution:Kubernetes/AnomalousBehavior.WorkloadDeployed"
_MOUNT = "Persistence:Kubernetes/AnomalousBehavior.WorkloadDeployed!ContainerWithSensitiveMount"
_PRIVILEGED = "PrivilegeEscalation:Kubernetes/AnomalousBehavior.WorkloadDeployed!PrivilegedContainer"
_BINDING = "PrivilegeEscalation:Kubernetes/AnomalousBehavior.RoleBindingCreated"
_ROLE = "PrivilegeEscalation:Kubernetes/AnomalousBehavior.RoleCreated"

_THRESHOLD = 4.0
"""Nats: one in 50 of the requests that are judged, which are few."""
_WHAT = frozenset({"request", "namespace"})
_CONTROLLERS = ("system:node:", "system:serviceaccount:kube-system:", "system:kube-", "eks:", "system:apiserver")
_WORKLOADS = frozenset({"pods", "deployments", "daemonsets", "statefulsets", "replicasets", "jobs", "cronjobs"})
_SENSITIVE = ("/etc", "/root", "/proc", "/var/lib/kubelet", "/var/run/docker.sock", "/run/containerd")
_ADMIN = frozenset({"cluster-admin", "admin", "edit", "system:masters"})
_RISKY = frozenset({"*", "escalate", "bind", "impersonate"})


@on_event(KubernetesCall, _SECRETS, _CHECKED, _EXEC, _DEPLOYED, _MOUNT, _PRIVILEGED, _BINDING, _ROLE)
def anomalous_request(call: KubernetesCall, context: Context) -> Iterator[Detection]:
    """`anomalous.kubernetes_nats` sets the threshold. The control plane's own controllers do not count."""
    if call.user.startswith(_CONTROLLERS) or not call.user:
        return
    group, source = f"{call.account}|{call.cluster}", caller(call)
    short = (call.time // DAY, group, call.user, source, call.user_agent)
    type, what = _what(call)
    if not type and context.memory.usual.get(short):
        return
    attend(context.memory, group, call.user, call.time)
    learned = watched(context, call.account, "kubernetes", call.time)
    features = {"network": network(context, source), "agent": agent(call.user_agent)}
    if not type:  # nothing to judge, but from where and with what its user works is learned
        learn(context.memory, group, call.user, features, call.time)
        context.memory.usual.put(short, True)
        return
    features |= {"request": what, "namespace": call.namespace}
    rare = rarity(context.memory, group, call.user, features, call.time)
    threshold = context.settings.get("anomalous.kubernetes_nats", _THRESHOLD)
    done = succeeded(call) or type == _CHECKED
    if learned and done and any(f.kind in _WHAT for f in rare.features) and rare.unusual(threshold, least=1):
        suspect(context.memory, group, call.user, rare, call.time)
        severity = 8.0 if type == _BINDING and _grants_admin(call) else None
        one = of_kubernetes(type, call, context, (call.cluster, call.user, call.namespace), severity=severity)
        yield with_anomaly(one, rare, features, "user")
    elif succeeded(call):
        learn(context.memory, group, call.user, features, call.time)


def _what(call: KubernetesCall) -> tuple[str, str]:
    """The type a request is of, and what its user does, in words of few values."""
    resource = call.resource
    if resource == "secrets" and call.verb in ("get", "list"):
        return _SECRETS, "secrets"
    if resource in ("selfsubjectaccessreviews", "selfsubjectrulesreviews"):
        return _CHECKED, "permissions"
    if resource in ("pods/exec", "pods/attach") and call.verb in ("create", "get"):
        return _EXEC, "exec"
    if call.verb == "create" and resource in _WORKLOADS:
        spec = _pod_spec(call)
        if _privileged(spec):
            return _PRIVILEGED, "privileged containers"
        if _mounts(spec):
            return _MOUNT, "sensitive mounts"
        return _DEPLOYED, f"{resource} of {_images(spec)}"
    if call.verb in ("create", "update", "patch"):
        if resource in ("rolebindings", "clusterrolebindings"):
            return _BINDING, "role bindings"
        if resource in ("roles", "clusterroles") and _risky(call):
            return _ROLE, "powerful roles"
    return "", ""


def _pod_spec(call: KubernetesCall) -> dict[str, Any]:
    spec = _dict(_dict(call.record.get("requestObject")).get("spec"))
    job = _dict(_dict(spec.get("jobTemplate")).get("spec"))
    template = _dict(job.get("template") or spec.get("template"))
    return _dict(template.get("spec")) if template else spec


def _containers(spec: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in ("containers", "initContainers", "ephemeralContainers"):
        listed = spec.get(name)
        found += [c for c in listed if isinstance(c, dict)] if isinstance(listed, list) else []
    return found


def _privileged(spec: dict[str, Any]) -> bool:
    return any(_dict(c.get("securityContext")).get("privileged") is True for c in _containers(spec))


def _mounts(spec: dict[str, Any]) -> bool:
    volumes = spec.get("volumes")
    paths = [
        str(_dict(v.get("hostPath")).get("path", ""))
        for v in (volumes if isinstance(volumes, list) else ())
        if isinstance(v, dict)
    ]
    return any(path == "/" or path.startswith(_SENSITIVE) for path in paths)


def _images(spec: dict[str, Any]) -> str:
    """Their repositories, without tags and digests."""
    names = {str(c.get("image", "")).partition("@")[0] for c in _containers(spec)}
    return ", ".join(sorted(n[: n.rindex(":")] if ":" in n.rpartition("/")[2] else n for n in names)) or "no image"


def _grants_admin(call: KubernetesCall) -> bool:
    return str(_dict(_dict(call.record.get("requestObject")).get("roleRef")).get("name")) in _ADMIN


def _risky(call: KubernetesCall) -> bool:
    rules = _dict(call.record.get("requestObject")).get("rules")
    for rule in rules if isinstance(rules, list) else ():
        verbs = _dict(rule).get("verbs")
        if _RISKY & set(map(str, verbs if isinstance(verbs, list) else ())):
            return True
    return False


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
