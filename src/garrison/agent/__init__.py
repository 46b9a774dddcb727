"""The agent of Inspector: what it is to a host, over the signed API and nothing else.

It reports the inventory and the reachability when they change and on schedule, and runs the CIS scans that are due. It
knows no server from inside: `client` makes its calls, `machine` looks at the host, `watch` sees that something changed,
`state` remembers what was told, `cis` has the sessions, and `agent` puts them together.
"""
