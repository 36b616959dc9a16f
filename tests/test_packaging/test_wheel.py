"""The source distribution gives a wheel, and what it installs works outside a checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: What is neither part of a release nor made by it.
LEFT_OUT = ('.git', '.venv', 'data', 'work_dirs', '*.egg-info', '__pycache__', '.*_cache', 'build')


def _call(*words: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess:
    clean = {key: value for key, value in os.environ.items() if key != 'PYTHONPATH'}
    return subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**clean, **env},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture(scope='module')
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkout -> source distribution -> wheel, each in a folder of its own."""
    folder = tmp_path_factory.mktemp('release')
    shutil.copytree(ROOT, folder / 'checkout', ignore=shutil.ignore_patterns(*LEFT_OUT))
    build = 'from setuptools import build_meta; print(build_meta.build_{}("{}"))'
    done = _call(sys.executable, '-c', build.format('sdist', folder), cwd=folder / 'checkout')
    assert done.returncode == 0, done.stderr
    (archive,) = folder.glob('*.tar.gz')
    shutil.unpack_archive(archive, folder / 'source')
    (source,) = (folder / 'source').iterdir()
    done = _call(sys.executable, '-c', build.format('wheel', folder), cwd=source)
    assert done.returncode == 0, done.stderr
    (made,) = folder.glob('*.whl')
    return made


@pytest.fixture(scope='module')
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of an environment that has the wheel, and the requirements of this one."""
    folder = tmp_path_factory.mktemp('environment')
    venv.create(folder, symlinks=True)
    python = folder / 'bin' / 'python'
    places = {'base': str(folder), 'platbase': str(folder)}
    scheme = 'venv' if 'venv' in sysconfig.get_scheme_names() else 'posix_prefix'  # Python 3.10
    packages = Path(sysconfig.get_path('purelib', scheme, vars=places))
    # a path in a .pth file: its packages are found, after those of the wheel
    (packages / 'requirements.pth').write_text(sysconfig.get_path('purelib') + '\n')
    pip = ('-m', 'pip', '--python', python, 'install', '--quiet', '--no-deps', '--no-index')
    done = _call(sys.executable, *pip, wheel, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / 'bin'


def test_the_wheel_carries_configs_and_tools(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ('configs', 'tools'):
        for path in (ROOT / folder).rglob('*'):
            if path.is_file() and '__pycache__' not in path.parts:
                assert f'vamp_mm/.mim/{path.relative_to(ROOT).as_posix()}' in names
    assert 'vamp_mm/.mim/model-index.yml' in names
    for path in (ROOT / 'vamp_mm').rglob('*.py*'):
        if path.suffix in ('.py', '.pyi') and '.mim' not in path.parts:
            assert path.relative_to(ROOT).as_posix() in names
    assert not [name for name in names if name.endswith('.pyc') or name.startswith('tests')]


def test_commands_find_configs_outside_a_checkout(installed: Path, tmp_path: Path) -> None:
    program = installed / 'vamp_mm'
    done = _call(program, 'check', cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f'{installed.parent}' in done.stdout  # those of the wheel, not of the checkout
    assert ', 0 with problems' in done.stdout
    done = _call(
        program, 'print-config', 'configs/coop/coop_vit-b16_caltech101.py', '--dataset', 'dtd',
        '--protocol', 'few-shot', '--shots', '4', cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert 'settings of CoOp for DTD, few-shot, 4 shots' in done.stdout
    done = _call(
        program, 'benchmark', '--methods', 'vamp', 'mma', '--datasets', 'dtd', '--dry-run',
        cwd=tmp_path, COLUMNS='200',
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert '6 runs to do' in done.stdout


def test_a_config_inherits_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    (tmp_path / 'mine.py').write_text(
        "_base_ = 'vamp_mm::coop/coop_icons.py'\ntrain_cfg = dict(max_epochs=7)\n"
    )
    done = _call(installed / 'vamp_mm', 'print-config', 'mine.py', cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert 'max_epochs=7' in done.stdout
    done = _call(installed / 'vamp_mm', 'check', 'mine.py', cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_from_nothing_to_an_answer(installed: Path, tmp_path: Path) -> None:
    """Icons, a training, a test, an answer, a report."""
    program = installed / 'vamp_mm'
    steps = (
        ('build-icons', '--classes', '4', '--train', '4', '--val', '2', '--test', '2'),
        ('train', 'configs/coop/coop_icons.py', '--shots', '1', '--work-dir', 'run',
         '--cfg-options', 'train_cfg.max_epochs=1'),
        ('test', 'configs/coop/coop_icons.py', 'run/epoch_1.pth'),
        ('predict', 'run/epoch_1.pth', 'data/icons', '--top-k', '1', '--classes', 'star', 'heart'),
        ('report', '.'),
    )  # fmt: skip
    for words in steps:
        done = _call(program, *words, cwd=tmp_path, OMP_NUM_THREADS='1')
        assert done.returncode == 0, (words, done.stdout[-2000:], done.stderr[-2000:])
        assert 'MultiScaleDeformableAttention' not in done.stderr
    assert json.loads((tmp_path / 'run' / 'result.json').read_text())['epochs'] == 1
    assert (tmp_path / 'report').is_dir()
