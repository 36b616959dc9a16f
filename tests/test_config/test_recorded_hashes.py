"""The configs behind docs/results.md compose to the same values as when the numbers were measured."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import toy_apis

from vamp_mm.apis import compose
from vamp_mm.benchmark.plan import plan
from vamp_mm.benchmark.spec_file import read_spec
from vamp_mm.config.identity import config_hash

ROOT = Path(__file__).parents[2]
RECORDED = json.loads((ROOT / 'tests/golden/config_hashes.json').read_text('utf-8'))
FOLDERS = (
    'pacs_photo',
    'pacs/photo',
    'pacs_sixth/art_painting',
    'pacs_sixth/cartoon',
    'pacs_sixth/sketch',
    'caltech_objects',
)


def test_icons_configs_are_as_recorded() -> None:
    found = {
        path.stem: config_hash(compose(path))
        for path in sorted((ROOT / 'configs').glob('*/*_icons.py'))
    }
    assert {name: found.get(name) for name in RECORDED['icons']} == RECORDED['icons']


@pytest.mark.parametrize('name', RECORDED['benchmarks'])
def test_benchmark_files_are_as_recorded(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in FOLDERS:  # what is in the pictures does not count
        for label in ('cat', 'dog'):
            place = tmp_path / 'data' / folder / label
            place.mkdir(parents=True)
            (place / '1.png').write_bytes(b'')
    toy_apis.write_minilit(tmp_path)
    os.symlink(ROOT / 'configs', tmp_path / 'configs')
    monkeypatch.chdir(tmp_path)
    jobs = plan(read_spec(ROOT / 'configs/benchmarks' / name, {'seeds': [1]}))
    assert {job.labels['method']: job.config_hash for job in jobs} == RECORDED['benchmarks'][name]
