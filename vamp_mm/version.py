"""The version of vamp_mm, read by ``setup.py`` and written into every checkpoint."""

__version__ = '0.1.0'
