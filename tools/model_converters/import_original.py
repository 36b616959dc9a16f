"""Turn a checkpoint of an original implementation into one of vamp_mm, and report what was used and what was left.

The same as ``vamp_mm import``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('import')
