"""A command is run in a pod of kube-system.

Logic: specification 2, `Execution:Kubernetes/ExecInKubeSystemPod`. The cluster's own components and nodes are left
out. Newer clients open the connection with GET.
"""

from __future__ import annotations

from collections.abc import Iterable

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import KubernetesCall
from garrison.detect.kubernetes import succeeded
from garrison.detect.registry import on_event
from garrison.detect.saying import of_kubernetes

TYPE = "Execution:Kubernetes/ExecInKubeSystemPod"
_OWN = ("system:node:", "system:serviceaccount:kube-system:", "system:kube-", "system:apiserver", "eks:")


@on_event(KubernetesCall, TYPE)
def exec_in_kube_system(call: KubernetesCall, context: Context) -> Iterable[Detection]:
    if call.resource != "pods/exec" or call.namespace != "kube-system" or call.verb not in ("create", "get"):
        return ()
    if not succeeded(call) or call.user.startswith(_OWN):
        return ()
    return (of_kubernetes(TYPE, call, context, (call.cluster, call.user, call.namespace)),)
