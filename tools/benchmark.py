"""Run methods x datasets x protocols x shots x seeds; run it again after an interruption to continue.

The same as ``vamp_mm benchmark``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('benchmark')
