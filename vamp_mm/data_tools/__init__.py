"""Verify, prepare, browse and check data."""
