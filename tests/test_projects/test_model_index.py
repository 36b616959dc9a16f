"""``model-index.yml`` and the ``metafile.yml`` of every method: generated, complete, and read by OpenMMLab's tools."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml
from mmengine.config.utils import _get_cfg_metainfo

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / 'projects' / 'model_index'))

import measured  # noqa: E402
from metafiles import texts  # noqa: E402


def _metafiles() -> dict[str, dict]:
    return {
        path.parent.name: yaml.safe_load(path.read_text(encoding='utf-8'))
        for path in (ROOT / 'configs').glob('*/metafile.yml')
    }


def _models() -> dict[str, dict]:
    return {model['Name']: model for file in _metafiles().values() for model in file['Models']}


def test_the_files_are_those_that_the_script_writes() -> None:
    stale = [
        name
        for name, text in texts().items()
        if not (ROOT / name).exists() or (ROOT / name).read_text(encoding='utf-8') != text
    ]
    assert stale == [], 'run python projects/model_index/write_metafiles.py'


def test_every_config_and_every_method_is_in_the_index() -> None:
    configs = sorted((ROOT / 'configs').glob('[!_]*/*.py'))
    assert sorted(_models()) == sorted(path.stem for path in configs)
    listed = yaml.safe_load((ROOT / 'model-index.yml').read_text(encoding='utf-8'))['Import']
    assert listed == sorted({f'configs/{path.parent.name}/metafile.yml' for path in configs})


def test_mmengine_finds_a_config_in_the_layout_of_an_installed_package(tmp_path: Path) -> None:
    (tmp_path / '.mim').mkdir()
    for name in ('configs', 'model-index.yml'):
        (tmp_path / '.mim' / name).symlink_to(ROOT / name)
    found = _get_cfg_metainfo(str(tmp_path), 'vamp/vamp_mmrl_icons.py')
    assert found['Config'] == 'configs/vamp/vamp_mmrl_icons.py'
    assert found['In Collection'] == 'VaMP'
    with pytest.raises(ValueError, match='Expected configs'):
        _get_cfg_metainfo(str(tmp_path), 'vamp/nothing.py')


def test_results_are_the_measured_ones_only() -> None:
    models = _models()
    assert models['vamp_mmrl_icons']['Results'] == [
        {
            'Task': 'Base-to-Novel Image Classification',
            'Dataset': 'embedded icons',
            'Metrics': {
                'Base Accuracy': 90.6,
                'Base Accuracy Standard Deviation': 0.3,
                'Novel Accuracy': 46.0,
                'Novel Accuracy Standard Deviation': 1.7,
                'Harmonic Mean': 61.0,
                'Harmonic Mean Standard Deviation': 1.6,
                'Seeds': 3,
            },
            'Settings': 'configs/benchmarks/icons.yaml',
        }
    ]
    # 4800 steps are the config's, 480 those of the measured runs
    assert models['twosfs_icons']['Metadata']['Iterations'] == 4800
    assert models['twosfs_icons']['Results'][0]['Metrics']['Iterations'] == 480
    with_results = {name for name, model in models.items() if 'Results' in model}
    assert len(with_results) == len(measured.measured_on_icons()) == 18
    assert all(name.endswith('_icons') for name in with_results)


def test_metadata_is_what_a_config_trains() -> None:
    models = _models()
    assert models['mmrl_vit-b16_few_shot']['Metadata'] == {
        'Method': 'MMRL',
        'Protocol': 'few-shot',
        'Architecture': ['ViT-B-16'],
        'Pretrained Weights': 'openai',
        'Training Data': ['Caltech101'],
        'Shots': 16,
        'Batch Size': 32,
        'Epochs': 50,
    }
    assert (
        'Training Data' not in models['clip_vit-b16_caltech101']['Metadata']
    )  # nothing is trained


def test_every_collection_names_its_paper() -> None:
    for name, file in _metafiles().items():
        (collection,) = file['Collections']
        assert collection['README'] == f'configs/{name}/README.md'
        assert collection['Paper']['URL'].startswith('https://')
        assert collection['Paper']['Title']
        assert {model['In Collection'] for model in file['Models']} == {collection['Name']}


def test_a_changed_page_of_results_is_an_error(tmp_path: Path) -> None:
    page = tmp_path / 'results.md'
    page.write_text(
        '# Results\n\n## The embedded icons\n\n| method | base |\n|---|---|\n| CoOp | 71.1 |\n'
    )
    with pytest.raises(ValueError, match='no table with the columns'):
        measured.measured_on_icons(page)
    header = '| method | trained parameters | base | novel | H | s/epoch | peak MiB | seeds |\n'
    row = '| CoOp | 384 | 71 | 33.5 ± 2.3 | 45.5 ± 2.0 | 0.6 | 960 | 3 |\n'
    page.write_text('\n## The embedded icons\n\n' + header + '|---|\n' + row)
    with pytest.raises(ValueError, match="'71' is not an accuracy"):
        measured.measured_on_icons(page)
    page.write_text(
        '\n## The embedded icons\n\n' + header + '|---|\n' + row.replace('| 71 |', '| 71.1 |')
    )
    assert measured.measured_on_icons(page)['CoOp'] == measured.Measured(
        384, (71.1, None), (33.5, 2.3), (45.5, 2.0), 3
    )
