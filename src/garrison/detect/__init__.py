"""Threat detection: what happened, which of it is a threat, and which finding type says so.

A library without a server: events in (`events`), detections out (`detection`), by detectors of one registry
(`registry`, `detectors/`). The lake keeps events, the engine runs detectors over them as they arrive or over files.
"""
