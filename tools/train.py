"""Train a config and test the last epoch's weights.

The same as ``vamp_mm train``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('train')
