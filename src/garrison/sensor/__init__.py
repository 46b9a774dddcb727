"""Threat detection of a running Garrison: a process of its own, started with the first enabled GuardDuty detector.

It reads the trail, what the edge and its web ACLs recorded, and the host's flows; keeps them in a lake (`sensor/lake`
of the data directory); asks the detectors; and writes what they say as findings.
"""
