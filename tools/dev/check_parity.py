"""Compare our methods with recorded runs of the original implementations; exits with 1 if one differs.

The same as ``vamp_mm check-parity``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('check-parity')
