"""A page in the browser to try models on your own pictures and class names.

The same as ``vamp_mm demo``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('demo')
