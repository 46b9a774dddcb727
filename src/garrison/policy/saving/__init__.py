"""The checks AWS makes when a policy is saved: one file per element."""
