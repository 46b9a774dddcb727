"""Custom detection rule over Route 53 Resolver: DNS questions are no longer logged.

Logic: specification 2, `DNSQueryLogsDeleted`: the configuration is deleted, or a VPC is taken out of it.
"""

from __future__ import annotations

from collections.abc import Iterable

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall
from garrison.detect.parameters import text
from garrison.detect.registry import on_event
from garrison.detect.saying import of_rule

TYPE = "DefenseImpairment:Route53Resolver/DisableOrModifyTools"


@on_event(ApiCall, TYPE, names=("DeleteResolverQueryLogConfig", "DisassociateResolverQueryLogConfig"))
def query_logs(call: ApiCall, context: Context) -> Iterable[Detection]:
    if call.source != "route53resolver" or call.error:
        return ()
    return (of_rule("DNSQueryLogsDeleted", call, context, resource=text(call.params.get("resolverQueryLogConfigId"))),)
