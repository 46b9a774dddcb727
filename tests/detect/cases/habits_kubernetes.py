"""Clusters used as they never were."""

from __future__ import annotations

import msgspec

from garrison.detect.baseline.memory import DAY
from garrison.detect.events import KubernetesCall
from tests.detect.case import Case
from tests.detect.habits import deployed, pod
from tests.detect.making import NOW, kube

_CHECKED = "Discovery:Kubernetes/AnomalousBehavior.PermissionChecked"
_USES = {
    "CredentialAccess:Kubernetes/AnomalousBehavior.SecretsAccessed": kube("list", "secrets"),
    _CHECKED: kube("create", "selfsubjectaccessreviews", status=201),
    "Execution:Kubernetes/AnomalousBehavior.ExecInPod": kube("create", "pods/exec", status=101),
    "Execution:Kubernetes/AnomalousBehavior.WorkloadDeployed": kube(
        "create", "pods", status=201, request=pod(image="evil.example/miner")
    ),
    "Persistence:Kubernetes/AnomalousBehavior.WorkloadDeployed!ContainerWithSensitiveMount": kube(
        "create", "pods", status=201, request=pod(volumes=[{"hostPath": {"path": "/etc"}}])
    ),
    "PrivilegeEscalation:Kubernetes/AnomalousBehavior.WorkloadDeployed!PrivilegedContainer": kube(
        "create", "pods", status=201, request=pod(container={"securityContext": {"privileged": True}})
    ),
    "PrivilegeEscalation:Kubernetes/AnomalousBehavior.RoleBindingCreated": kube(
        "create", "rolebindings", status=201, request={"roleRef": {"name": "admin"}}
    ),
    "PrivilegeEscalation:Kubernetes/AnomalousBehavior.RoleCreated": kube(
        "create", "roles", status=201, request={"rules": [{"verbs": ["*"]}]}
    ),
}
_NEAR: dict[str, tuple[KubernetesCall, ...]] = {
    "CredentialAccess:Kubernetes/AnomalousBehavior.SecretsAccessed": (
        kube("list", "configmaps"),
        kube("create", "secrets", status=201),
    ),
    "Execution:Kubernetes/AnomalousBehavior.ExecInPod": (kube("get", "pods/log"),),
    "Execution:Kubernetes/AnomalousBehavior.WorkloadDeployed": (
        kube("create", "pods", status=201, request=pod(image="registry.example/web:2")),
        kube("delete", "pods"),
    ),
    "Persistence:Kubernetes/AnomalousBehavior.WorkloadDeployed!ContainerWithSensitiveMount": (
        kube("create", "pods", status=201, request=pod(volumes=[{"hostPath": {"path": "/srv/data"}}])),
    ),
    "PrivilegeEscalation:Kubernetes/AnomalousBehavior.WorkloadDeployed!PrivilegedContainer": (
        kube("create", "pods", status=201, request=pod(container={"securityContext": {"privileged": False}})),
    ),
    "PrivilegeEscalation:Kubernetes/AnomalousBehavior.RoleBindingCreated": (
        kube("delete", "rolebindings"),
        kube("create", "serviceaccounts", status=201),
    ),
    "PrivilegeEscalation:Kubernetes/AnomalousBehavior.RoleCreated": (
        kube("create", "roles", status=201, request={"rules": [{"verbs": ["get", "list"]}]}),
    ),
    _CHECKED: (kube("create", "tokenreviews", status=201),),
}


def _with(event: KubernetesCall, **changes: object) -> KubernetesCall:
    return msgspec.structs.replace(event, **{"id": f"{event.id}-b", **changes})


_CONTROLLER = "system:serviceaccount:kube-system:replicaset-controller"

CASES: tuple[Case, ...] = tuple(
    Case(name=f"a cluster is used as it never was: {type}", before=deployed(), events=(event,), fires=(type,))
    for type, event in _USES.items()
)
CASES += (
    Case(
        name="a job by the clock with a privileged container",
        before=deployed(),
        events=(
            kube(
                "create",
                "cronjobs",
                status=201,
                request={
                    "spec": {
                        "jobTemplate": {
                            "spec": {"template": pod(container={"securityContext": {"privileged": True}})},
                        }
                    }
                },
            ),
        ),
        fires=("PrivilegeEscalation:Kubernetes/AnomalousBehavior.WorkloadDeployed!PrivilegedContainer",),
    ),
)
CASES += tuple(
    Case(
        name=f"refused, a controller's, and something like it: {type}",
        before=deployed(),
        events=(
            *([] if type == _CHECKED else [_with(event, status=403)]),
            _with(event, user=_CONTROLLER, time=NOW + 1),
            *_NEAR[type],
        ),
        near=(type,),
    )
    for type, event in _USES.items()
)
CASES += tuple(
    Case(name=f"after six days: {type}", before=deployed(6), events=(event,), near=(type,))
    for type, event in _USES.items()
)
CASES += tuple(
    Case(
        name=f"the user did so in its first days: {type}",
        before=(*deployed(), _with(event, time=NOW - 7.5 * DAY)),
        events=(event,),
        near=(type,),
    )
    for type, event in _USES.items()
)
