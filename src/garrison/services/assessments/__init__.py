"""What assessments found, as an API: the operations of the service `garrison` about evidence and frameworks."""

from garrison.services.assessments import assessments, evidence, frameworks

__all__ = ["assessments", "evidence", "frameworks"]
