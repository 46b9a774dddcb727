"""The process that watches: the trail, the edge and the host's connections in, findings out."""
