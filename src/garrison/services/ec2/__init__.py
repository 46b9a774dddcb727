"""Amazon EC2, as far as tools ask it before they do anything else: which regions there are."""

from garrison.services.ec2 import regions

__all__ = ["regions"]
