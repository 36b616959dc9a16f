"""Check a dataset: layout, lists, counts, unreadable images, leaks. Exit code 1 if it cannot be used as it is.

The same as ``vamp_mm verify``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('verify')
