"""Check that every key of the given configs (by default all of configs/) is one that something reads.

The same as ``vamp_mm check``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('check')
