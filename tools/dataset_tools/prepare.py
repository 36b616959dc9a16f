"""Turn the official archives of a dataset, as downloaded, into the layout of the benchmark. No network.

The same as ``vamp_mm prepare``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('prepare')
