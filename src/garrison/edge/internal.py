"""Headers by which the data plane tells the inspection what HTTP alone does not say.

They exist between the two only. A client's own of the same prefix are removed before anything else looks at a request,
and all of them before it goes on to its target.
"""

from __future__ import annotations

PREFIX = "x-garrison-"

SITE = PREFIX + "site"
"""Listener ARN or distribution and port: which site's web ACL judges."""
WEB_ACL = PREFIX + "web-acl"
"""ARN of the web ACL that must judge, or `-`. An inspection that does not have it lets nothing through."""
NO_WEB_ACL = "-"
ADDRESS = PREFIX + "address"
"""The client's address and port."""
FORWARDED = PREFIX + "forwarded-for"
"""X-Forwarded-For as the client sent it: Envoy adds itself to that of a check."""
LENGTH = PREFIX + "length"
"""Content-Length as the client sent it: the body that is inspected may be shorter."""
PROTOCOL = PREFIX + "protocol"
"""`HTTP/1.1`, `HTTP/2`."""
ORDER = PREFIX + "order"
"""Names of the client's headers in their order, joined by colons. Only where a rule looks at it."""
JA3 = PREFIX + "ja3"
JA4 = PREFIX + "ja4"
TLS_VERSION = PREFIX + "tls-version"
TLS_CIPHER = PREFIX + "tls-cipher"
SERVER_NAME = PREFIX + "server-name"
SCHEME = PREFIX + "scheme"

STATUS = PREFIX + "status"
"""In the answer of the inspection: the status the client is to see. (To Envoy 200 means pass and 5xx means failure.)"""

TO_INSPECTION = (
    WEB_ACL,
    ADDRESS,
    FORWARDED,
    LENGTH,
    PROTOCOL,
    ORDER,
    JA3,
    JA4,
    TLS_VERSION,
    TLS_CIPHER,
    SERVER_NAME,
    SCHEME,
)
