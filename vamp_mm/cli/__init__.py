"""How a command starts and ends: its parser, its streams, its exit code. Nothing heavy is imported here."""

from .command import command, loading
from .tool_parser import ToolParser, UsageError, refuse_existing, whole

__all__ = ['ToolParser', 'UsageError', 'command', 'loading', 'refuse_existing', 'whole']
