"""Commands whose reader leaves, as ``head`` does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from toy_apis import write_config

ROOT = Path(__file__).parents[2]


def test_a_training_whose_reader_left_writes_its_result(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    call = [sys.executable, str(ROOT / 'tools' / 'train.py'), str(config), '--work-dir', 'run']
    done = subprocess.run(
        ['bash', '-o', 'pipefail', '-c', '"$@" | head -1', 'bash', *call],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, 'PYTHONPATH': f'{ROOT}{os.pathsep}{ROOT / "tests"}'},
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1
    (log,) = (tmp_path / 'run').glob('*/*.log')
    said = [line for line in done.stderr.splitlines() if 'nobody' in line]
    assert said in (
        [f'nobody reads standard output any more; the run continues, its log is {log}'],
        # as the reader is quicker or not
        ['nobody reads standard output any more; the run continues'],
    )
    assert 'Traceback' not in done.stderr
    assert json.loads((tmp_path / 'run' / 'result.json').read_text('utf-8'))['epochs'] == 2
    assert 'Epoch(test)' in log.read_text('utf-8')
