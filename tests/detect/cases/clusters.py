"""Kubernetes: nobody with a name, settings that open a cluster, commands in pods of the system."""

from __future__ import annotations

from typing import Any

from garrison.detect.events import KubernetesCall
from tests.detect.case import Case
from tests.detect.making import kube

ANONYMOUS = "Policy:Kubernetes/AnonymousAccessGranted"
DEFAULT = "Policy:Kubernetes/AdminAccessToDefaultServiceAccount"
DASHBOARD = "Policy:Kubernetes/ExposedDashboard"
KUBEFLOW = "Policy:Kubernetes/KubeflowDashboardExposed"
EXEC = "Execution:Kubernetes/ExecInKubeSystemPod"

_NOBODY: dict[str, Any] = {"user": "system:anonymous", "groups": ("system:unauthenticated",)}
_ANONYMOUS = {
    "CredentialAccess": kube("get", "secrets", **_NOBODY),
    "DefenseEvasion": kube("delete", "events", **_NOBODY),
    "Discovery": kube("list", "pods", **_NOBODY),
    "Impact": kube("create", "pods", **_NOBODY, status=201),
    "Persistence": kube("create", "clusterrolebindings", **_NOBODY, status=201),
}


def _binding(role: str, kind: str, name: str, **more: Any) -> KubernetesCall:
    written = {"roleRef": {"kind": "ClusterRole", "name": role}, "subjects": [{"kind": kind, "name": name}]}
    return kube("create", "clusterrolebindings", namespace="", request=written, **{"status": 201, **more})


def _service(name: str, namespace: str, type: str, **metadata: Any) -> KubernetesCall:
    written = {"metadata": metadata, "spec": {"type": type}}
    return kube("patch", "services", namespace=namespace, name=name, response=written)


CASES: tuple[Case, ...] = tuple(
    Case(
        name=f"nobody with a name: {tactic}", events=(event,), fires=(f"{tactic}:Kubernetes/SuccessfulAnonymousAccess",)
    )
    for tactic, event in _ANONYMOUS.items()
)
CASES += (
    Case(
        name="nobody with a name is refused, asks for health, and others are signed in",
        events=(
            kube("get", "secrets", **_NOBODY, status=403),
            kube("create", "pods", **_NOBODY, status=401),
            kube("get", "", **_NOBODY, uri="/healthz"),
            kube("get", "", **_NOBODY, uri="/version?timeout=32s"),
            *(kube(event.verb, event.resource, status=event.status) for event in _ANONYMOUS.values()),
        ),
        near=tuple(f"{tactic}:Kubernetes/SuccessfulAnonymousAccess" for tactic in _ANONYMOUS),
    ),
    Case(name="users without a name get a role", events=(_binding("view", "User", "system:anonymous"),), fires=(ANONYMOUS,)),
    Case(
        name="everybody without a name gets a role",
        events=(_binding("view", "Group", "system:unauthenticated"),),
        fires=(ANONYMOUS,),
    ),
    Case(
        name="a default service account becomes an administrator",
        events=(_binding("cluster-admin", "ServiceAccount", "default"),),
        fires=(DEFAULT,),
    ),
    Case(
        name="a default service account gets a role that may do everything",
        events=(
            kube(
                "create", "clusterroles", namespace="", name="wide", status=201,
                request={"rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]},
            ),
            _binding("wide", "ServiceAccount", "default"),
        ),
        fires=(DEFAULT,),
    ),
    Case(
        name="all service accounts become administrators",
        events=(_binding("cluster-admin", "Group", "system:serviceaccounts"),),
        fires=(DEFAULT,),
    ),
    Case(
        name="roles are bound to people and to accounts of their own",
        events=(
            _binding("cluster-admin", "ServiceAccount", "installer"),
            _binding("view", "ServiceAccount", "default"),
            _binding("view", "Group", "developers"),
            _binding("system:public-info-viewer", "Group", "system:unauthenticated", user="system:apiserver"),
            _binding("cluster-admin", "ServiceAccount", "default", status=403),
            _binding("view", "User", "system:anonymous", status=403),
        ),
        near=(ANONYMOUS, DEFAULT),
    ),
    Case(
        name="the dashboard gets a load balancer",
        events=(_service("kubernetes-dashboard", "kubernetes-dashboard", "LoadBalancer"),),
        fires=(DASHBOARD,),
    ),
    Case(
        name="Kubeflow's gateway gets a load balancer",
        events=(_service("istio-ingressgateway", "istio-system", "LoadBalancer", labels={"app": "kubeflow"}),),
        fires=(KUBEFLOW,),
    ),
    Case(
        name="Kubeflow's dashboard gets a load balancer",
        events=(_service("centraldashboard", "kubeflow", "LoadBalancer"),),
        fires=(KUBEFLOW,),
    ),
    Case(
        name="dashboards stay inside, shops and gateways go out",
        events=(
            _service("kubernetes-dashboard", "kubernetes-dashboard", "ClusterIP"),
            _service(
                "kubernetes-dashboard", "kubernetes-dashboard", "LoadBalancer",
                annotations={"service.beta.kubernetes.io/aws-load-balancer-scheme": "internal"},
            ),
            _service("web", "shop", "LoadBalancer"),
            _service("istio-ingressgateway", "istio-system", "LoadBalancer"),
        ),
        near=(DASHBOARD, KUBEFLOW),
    ),
    Case(
        name="a command is run in a pod of the system",
        events=(kube("create", "pods/exec", namespace="kube-system", name="coredns-1", status=101),),
        fires=(EXEC,),
    ),
    Case(
        name="commands are run in other pods, by nodes, or not at all",
        events=(
            kube("create", "pods/exec", status=101),
            kube("create", "pods/exec", namespace="kube-system", status=403),
            kube("create", "pods/exec", namespace="kube-system", user="system:serviceaccount:kube-system:job"),
            kube("get", "pods", namespace="kube-system"),
            kube("delete", "pods/exec", namespace="kube-system"),
        ),
        near=(EXEC,),
    ),
)  # fmt: skip
