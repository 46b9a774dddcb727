"""The catalogue: one file per area, one function per check."""
