"""Reading and writing files: whole or not at all, and refused with one sentence."""

from .atomic import (
    WRITE_ERRORS,
    WriteError,
    atomic_write,
    is_leftover,
    remove_leftovers,
    temporary_name,
)
from .text import MAX_BYTES, TextFileError, key_twice, parse_json, read_json, read_text

__all__ = [
    'MAX_BYTES',
    'TextFileError',
    'WRITE_ERRORS',
    'WriteError',
    'atomic_write',
    'is_leftover',
    'key_twice',
    'parse_json',
    'read_json',
    'read_text',
    'remove_leftovers',
    'temporary_name',
]
