"""Name what images show, and how sure that is.

The same as ``vamp_mm predict``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('predict')
