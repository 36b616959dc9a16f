"""Write learned prompts for the original implementation, or class embeddings for any program that uses open_clip.

The same as ``vamp_mm export``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('export')
