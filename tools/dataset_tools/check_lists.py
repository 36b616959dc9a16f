"""Recompute every size and fingerprint of a file of protocol vectors from split files.

The same as ``vamp_mm check-lists``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('check-lists')
