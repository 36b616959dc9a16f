"""Reading and writing files: whole or not at all, and refused with one sentence."""

from .atomic import (
    WRITE_ERRORS,
    WriteError,
    atomic_write,
    is_leftover,
    remove_leftovers,
    temporary_name,
)
from .records import RecordError, json_bytes, read_record, write_json
from .text import MAX_BYTES, TextFileError, key_twice, parse_json, read_json, read_text

__all__ = [
    'MAX_BYTES',
    'RecordError',
    'TextFileError',
    'WRITE_ERRORS',
    'WriteError',
    'atomic_write',
    'is_leftover',
    'json_bytes',
    'key_twice',
    'parse_json',
    'read_json',
    'read_record',
    'read_text',
    'remove_leftovers',
    'temporary_name',
    'write_json',
]
