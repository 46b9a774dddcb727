"""Rule statements."""
