"""What a request to a Kubernetes cluster is for, as a tactic."""

from __future__ import annotations

from garrison.detect.events import KubernetesCall

READS = frozenset({"get", "list", "watch"})
_SECRET = frozenset({"secrets", "configmaps"})
_LASTING = frozenset({
    "serviceaccounts", "serviceaccounts/token", "cronjobs", "daemonsets", "mutatingwebhookconfigurations",
    "validatingwebhookconfigurations", "rolebindings", "clusterrolebindings", "certificatesigningrequests",
})  # fmt: skip
_TRACES = frozenset({
    "events", "mutatingwebhookconfigurations", "validatingwebhookconfigurations", "networkpolicies",
    "podsecuritypolicies", "validatingadmissionpolicies",
})  # fmt: skip
_REVIEWS = ("selfsubject", "subjectaccessreviews", "localsubjectaccessreviews", "tokenreviews")
_HARMLESS = ("/healthz", "/livez", "/readyz", "/version")
"""Paths anybody may ask without a name (Kubernetes, "system:public-info-viewer")."""


def succeeded(call: KubernetesCall) -> bool:
    """Whether it did what was asked; 101 is a connection into a pod."""
    return 200 <= call.status < 300 or call.status == 101


def harmless(call: KubernetesCall) -> bool:
    """Whether everybody may ask for it."""
    uri = str(call.record.get("requestURI", ""))
    return not call.resource and (uri.startswith(_HARMLESS) or not uri)


def tactic(call: KubernetesCall) -> str:
    """`CredentialAccess`, `Discovery`, `DefenseEvasion`, `Persistence` or `Impact` (specification 2, EKS table)."""
    reads = call.verb in READS and not call.resource.endswith(("/exec", "/attach", "/portforward"))
    if reads:
        return "CredentialAccess" if call.resource in _SECRET else "Discovery"
    if call.resource.startswith(_REVIEWS):
        return "Discovery"
    if call.verb in ("delete", "deletecollection") and call.resource in _TRACES:
        return "DefenseEvasion"
    if call.verb in ("create", "update", "patch") and call.resource in _LASTING:
        return "Persistence"
    return "Impact"
