"""Inspection: processes that judge requests by web ACLs, asked by the data plane over a Unix socket."""
