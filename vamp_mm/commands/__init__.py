"""The commands: ``vamp_mm NAME``, and the same as ``python tools/...``.

One module per command, with its options and what it runs. Nothing heavy is imported before the options are read.
"""

from .launch import parser_of, run_tool
from .table import COMMANDS, Command

__all__ = ['COMMANDS', 'Command', 'parser_of', 'run_tool']
