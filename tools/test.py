"""Test a checkpoint on the splits of its config.

The same as ``vamp_mm test``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('test')
