"""Build the embedded benchmark, compare zero-shot CLIP with VaMP on it, and draw two figures.

The same as ``vamp_mm quickstart``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('quickstart')
