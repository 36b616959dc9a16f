"""Build the embedded icon benchmark: ``vamp_mm build-icons --out data``.

The same as ``vamp_mm build-icons``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('build-icons')
