"""Time the text engine against the textbook path (77 tokens, nothing shared) and against its bare matrix products.

The same as ``vamp_mm benchmark-speed``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('benchmark-speed')
