"""A sheet of the test images that a model is least and most certain of, and what it hesitated between.

The same as ``vamp_mm uncertain-images``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('uncertain-images')
