"""How wide the posterior of VaMP is, by prompted block and by class, over the test images.

The same as ``vamp_mm posterior-spread``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('posterior-spread')
