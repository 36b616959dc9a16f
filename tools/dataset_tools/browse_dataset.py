"""Write a sheet of the images of a config with their class names, before and after the transforms.

The same as ``vamp_mm browse``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('browse')
