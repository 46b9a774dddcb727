"""What the edge inspects with: web ACLs and whatever their rules name, as the engine compiles them."""

from __future__ import annotations

from garrison.aws.arn import Arn
from garrison.services.wafv2 import entities, web_acls
from garrison.services.wafv2.logging import CUSTOMER, WAF_LOGS, logging_name
from garrison.services.wafv2.resolve import resolver
from garrison.services.wafv2.resources import EPOCH, LOGGING, WEB_ACL, Document
from garrison.services.wafv2.scope import named
from garrison.store import Reader

__all__ = ["EPOCH", "document", "logging", "resolver"]


def document(reader: Reader, web_acl: str) -> Document | None:
    """The web ACL of an ARN as GetWebACL shows it; None if it is not there."""
    row = entities.find(reader, web_acl)
    if row is None or row.kind is not WEB_ACL:
        return None
    return web_acls.shown(_partition(web_acl), row)


def logging(reader: Reader, web_acl: str) -> Document | None:
    """The logging configuration of a web ACL."""
    parts = named(web_acl)
    if parts is None:
        return None
    name = logging_name(web_acl, WAF_LOGS, CUSTOMER)
    row = reader.get(LOGGING, parts.account, name, region=parts.region, parent=parts.scope)
    return None if row is None else row.body.document


def _partition(arn: str) -> str:
    parsed = Arn.parse(arn)
    return "aws" if parsed is None else parsed.partition
