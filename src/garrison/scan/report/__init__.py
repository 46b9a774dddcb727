"""A scan's result, for people and for other programs: one form, one file."""

from garrison.scan.report.report import Report

__all__ = ["Report"]
