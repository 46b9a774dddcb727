"""Labs and stories as an API: what there is to learn, how far who is, and what came of stories."""

from garrison.services.training import labs, stories

__all__ = ["labs", "stories"]
