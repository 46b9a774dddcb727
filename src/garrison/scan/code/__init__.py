"""Code: what is dangerous in it and which secrets stand there. Needs the `code` extra."""

from garrison.scan.code.model import CodeFinding, CodeScan, Line, NoScanner
from garrison.scan.code.scan import scan_code

__all__ = ["CodeFinding", "CodeScan", "Line", "NoScanner", "scan_code"]
