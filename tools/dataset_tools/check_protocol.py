"""The earlier name of ``check_lists.py``."""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('check-lists')
