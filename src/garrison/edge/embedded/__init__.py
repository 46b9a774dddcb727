"""The embedded data plane: a small reverse proxy in the edge's own process, for tests and machines without Envoy.

HTTP/1.1 with and without TLS, one connection to the target for each request. What Envoy does beyond that (HTTP/2,
pooled connections, overload protection) it does not; it judges, routes and answers alike.
"""
