"""What a page may not say, and who says so."""

from handouts.checks.findings import ERROR, WARNING, Finding
from handouts.checks.run import check, check_text

__all__ = ["ERROR", "WARNING", "Finding", "check", "check_text"]
