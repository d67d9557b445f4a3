"""The comparison as one self-contained HTML file: the page that people send each other."""

from tcpassay.reports.page.column import Column, columns_of
from tcpassay.reports.page.render import write_page, write_pages

__all__ = ["Column", "columns_of", "write_page", "write_pages"]
