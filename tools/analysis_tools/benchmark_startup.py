"""Time how long commands take to start, beside an import of torch.

The same as ``vamp_mm benchmark-startup``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('benchmark-startup')
