"""Print the complete config of a run, all bases and options applied, and where its published settings come from.

The same as ``vamp_mm print-config``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('print-config')
