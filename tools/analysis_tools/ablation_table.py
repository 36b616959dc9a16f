"""Ablation table from the result files of runs: variants of a method, and how far they are from the baseline.

The same as ``vamp_mm ablation-table``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('ablation-table')
