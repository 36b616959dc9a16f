"""One place knows where configs are."""

from __future__ import annotations

from pathlib import Path

import pytest

import vamp_mm
from vamp_mm.config.compose import compose
from vamp_mm.config.identity import config_hash
from vamp_mm.config.methods import config_of
from vamp_mm.config.paths import base_folders, configs_folder, find_config, import_root

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


@pytest.mark.parametrize(
    'name', ['configs/vamp/vamp_mmrl_icons.py', 'vamp_mm::vamp/vamp_mmrl_icons.py']
)
def test_a_config_of_the_project_is_found_from_anywhere(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_config(name) == ROOT / 'configs' / 'vamp' / 'vamp_mmrl_icons.py'
    own = tmp_path / 'configs' / 'vamp' / 'vamp_mmrl_icons.py'
    own.parent.mkdir(parents=True)
    own.write_text('x = 1\n')
    ours = name.startswith('vamp_mm::')
    assert find_config(name).resolve() == (
        ROOT / 'configs' / 'vamp' / 'vamp_mmrl_icons.py' if ours else own
    )


def test_own_configs_do_not_hide_the_methods(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'configs' / 'mine').mkdir(parents=True)
    (tmp_path / 'configs' / 'mine' / 'ours_vit-b16_caltech101.py').write_text('x = 1\n')
    assert config_of('vamp', 'dtd', None) == ROOT / 'configs/vamp/vamp_mmrl_vit-b16_caltech101.py'
    assert config_of('ours', 'dtd', None) == Path('configs/mine/ours_vit-b16_caltech101.py')


@pytest.mark.parametrize('protocol', [None, 'few-shot', 'cross-dataset'])
def test_a_base_by_the_name_of_the_package_is_the_same_file(
    protocol: str | None, tmp_path: Path
) -> None:
    """Published settings follow it too."""
    name, change = 'vamp/vamp_mmrl_vit-b16_caltech101.py', 'model = dict(head=dict(alpha=0.5))\n'
    composed = []
    for kind, base in (('scoped', f'vamp_mm::{name}'), ('path', str(ROOT / 'configs' / name))):
        file = tmp_path / kind / 'mine.py'
        file.parent.mkdir()
        file.write_text(f'_base_ = {base!r}\n{change}')
        composed.append(compose(file, protocol=protocol, work_dir='run', shots=4))
    scoped, path = composed
    assert config_hash(scoped) == config_hash(path)
    assert scoped.to_dict() == path.to_dict()


def test_no_other_file_leaves_the_package() -> None:
    """Paths from ``__file__`` end inside the package everywhere else."""
    leaving = [
        str(file.relative_to(ROOT))
        for file in sorted((ROOT / 'vamp_mm').rglob('*.py'))
        if '__file__).parents[' in file.read_text(encoding='utf-8')
    ]
    assert leaving == ['vamp_mm/config/paths.py']
