"""One HTML page with all tables and plots of a report, in a single file that asks for nothing else."""

from .page import to_html

__all__ = ['to_html']
