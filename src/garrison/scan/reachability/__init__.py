"""Reachability: what of a host can be reached, from where, through which firewall, and which package stands behind it.

It reads configuration, as Inspector does, and sends no packet: what listens (`listeners`), which package that is
(`owners`), what the firewall lets in (`firewall`), and so what can be reached (`exposure`).
"""
