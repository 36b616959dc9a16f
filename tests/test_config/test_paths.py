"""One place knows where configs are."""

from __future__ import annotations

from pathlib import Path

import pytest

import vamp_mm
from vamp_mm.config.paths import base_folders, configs_folder, import_root

ROOT = Path(__file__).parents[2]


@pytest.fixture
def installed(tmp_path, monkeypatch) -> Path:
    """A package without a checkout around it."""
    package = tmp_path / 'site-packages' / 'vamp_mm'
    package.mkdir(parents=True)
    monkeypatch.setattr(vamp_mm, '__file__', str(package / '__init__.py'))
    return package


def test_a_checkout_has_them_beside_the_package() -> None:
    assert configs_folder() == ROOT / 'configs'
    assert import_root() == ROOT


def test_an_installed_package_carries_a_copy(installed: Path) -> None:
    (installed / '.mim' / 'configs' / '_base_').mkdir(parents=True)
    (installed.parent / 'configs').mkdir()  # of another package
    assert configs_folder() == installed / '.mim' / 'configs'


def test_without_them_the_message_names_both_places(installed: Path) -> None:
    with pytest.raises(
        FileNotFoundError, match='neither .*site-packages/configs nor .*.mim/configs'
    ):
        configs_folder()


def test_the_nearest_folder_of_parts_comes_first(tmp_path: Path) -> None:
    folders = base_folders(tmp_path / 'mine' / 'method' / 'config.py', 'protocols')
    assert folders[:2] == [
        tmp_path / 'mine' / 'method' / '_base_' / 'protocols',
        tmp_path / 'mine' / '_base_' / 'protocols',
    ]
    assert folders[-1] == ROOT / 'configs' / '_base_' / 'protocols'


def test_no_other_file_leaves_the_package() -> None:
    """Paths from ``__file__`` end inside the package everywhere else."""
    leaving = [
        str(file.relative_to(ROOT))
        for file in sorted((ROOT / 'vamp_mm').rglob('*.py'))
        if '__file__).parents[' in file.read_text(encoding='utf-8')
    ]
    assert leaving == ['vamp_mm/config/paths.py']
