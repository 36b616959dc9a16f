"""Nearest words of CLIP's vocabulary to the context vectors that CoOp-style methods learn.

The same as ``vamp_mm nearest-words``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('nearest-words')
