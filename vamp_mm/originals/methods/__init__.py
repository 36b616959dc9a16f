"""Names and settings of the original implementations, a file per method or family."""
