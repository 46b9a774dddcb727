"""Floods at the edge: inspectors tell what they see, one watcher decides, and what it decides is stored and told."""
