"""The figures of a report, each from the numbers of its table."""
