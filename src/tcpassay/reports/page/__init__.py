"""The comparison as one self-contained HTML file: the page that people send each other."""

from tcpassay.reports.page.column import Column, columns_of
from tcpassay.reports.page.render import write_page

__all__ = ["Column", "columns_of", "write_page"]
