"""All tables and figures of a report on one HTML page, a single file that loads nothing else."""

from .page import to_html

__all__ = ['to_html']
