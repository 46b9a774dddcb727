"""Users, roles, policies, passwords, keys."""
