"""Inspector: every module with operations, imported so that they are registered."""
