"""An output never takes the place of a file that the command did not write."""

from __future__ import annotations

from pathlib import Path

import pytest

from vamp_mm.cli import UsageError, refuse_existing


def test_what_exists_is_refused_and_what_is_mine_is_replaced(tmp_path: Path) -> None:
    refuse_existing('--out', None)
    refuse_existing('--out', str(tmp_path / 'new.png'))
    photo = tmp_path / 'photo.png'
    photo.write_bytes(b'\x89PNG')
    with pytest.raises(
        UsageError, match=r"--out '.*photo.png' exists; give another name, or --overwrite"
    ):
        refuse_existing('--out', str(photo))
    with pytest.raises(UsageError, match=r"--slurm '.*photo.png' exists; give another name$"):
        refuse_existing('--slurm', str(photo), mine=b'#!/bin/bash')
    script = tmp_path / 'array.sh'
    script.write_bytes(b'#!/bin/bash\n#SBATCH')
    refuse_existing('--slurm', str(script), mine=b'#!/bin/bash')
    (tmp_path / 'link').symlink_to(tmp_path / 'nowhere')
    with pytest.raises(UsageError):
        refuse_existing('--out', str(tmp_path / 'link'))
