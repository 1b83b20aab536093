"""CSV as spreadsheets open it: what no cell may begin with, and how they know UTF-8."""

from typing import Final

DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the beginning of a formula, also typed wide."""
BOM: Final = "\ufeff"
"""By which spreadsheets know UTF-8."""


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula when it opens CSV."""
    return f"'{cell}" if cell.startswith(DANGEROUS) else cell
