"""Files of the data directory."""

from garrison.store.files import private_directory, write_private

__all__ = ["private_directory", "write_private"]
