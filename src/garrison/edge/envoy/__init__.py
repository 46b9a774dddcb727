"""Envoy as the edge's data plane: configured through files it watches, supervised, never restarted for a change."""
