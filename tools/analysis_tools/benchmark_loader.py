"""Images per second of our loader, with and without images in memory, against torchvision's ImageFolder.

The same as ``vamp_mm benchmark-loader``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('benchmark-loader')
