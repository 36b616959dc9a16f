"""``python -m vamp_mm``: the same as the command ``vamp_mm``."""

from vamp_mm.commands.main import main

if __name__ == '__main__':
    main()
