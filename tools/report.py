"""Tables in the papers' layout from the result files of runs.

The same as ``vamp_mm report``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('report')
