"""Services of somebody else's endpoint, behind Garrison's door.

A call for a service Garrison lacks is authenticated, decided and recorded like any other, then sent on, signed with the
upstream's credentials. Bodies of objects are streamed both ways. What decides on the resource's side (policies, tags,
key schemas) is read from the upstream and kept for a few seconds.
"""
