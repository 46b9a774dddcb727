"""What Shield Advanced protects."""
