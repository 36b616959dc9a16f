"""The model index of OpenMMLab's tools (``mim search``): what the repository knows of its configs, as data.

Nothing is written by hand: a folder of ``configs/`` is a collection with the title and the paper of its ``README.md``,
a config is a model with what it trains on, and ``*_icons.py`` has the measured numbers of ``docs/results.md``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from measured import ROOT, Measured, measured_on_icons
from mmengine.config import Config

from vamp_mm.config.compose import compose
from vamp_mm.config.identity import describe, trains
from vamp_mm.config.methods import config_of
from vamp_mm.config.settings_table import dataset_title, read_table, table_file

INDEX = 'model-index.yml'
HEADER = '# Written by projects/model_index/write_metafiles.py: change what it reads, and run it again.\n'
#: How the icons were measured: the configs with the changes of this file.
SETTINGS = 'configs/benchmarks/icons.yaml'
_LENGTHS = {'train_cfg.max_epochs': 'Epochs', 'train_cfg.max_iters': 'Iterations'}


def texts() -> dict[str, str]:
    """All files of the index.

    Returns:
        Path from the root of the repository -> content: ``model-index.yml`` and one ``metafile.yml`` per method.
    """
    folders = sorted(path.parent for path in (ROOT / 'configs').glob('*/README.md'))
    numbers = measured_on_icons()
    files = {
        f'configs/{folder.name}/metafile.yml': _metafile(folder, numbers) for folder in folders
    }
    return {
        path: HEADER + yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120)
        for path, data in {INDEX: {'Import': list(files)}, **files}.items()
    }


def _metafile(folder: Path, numbers: dict[str, Measured]) -> dict[str, Any]:
    collection = _collection(folder / 'README.md')
    models = [_model(path, collection['Name'], numbers) for path in sorted(folder.glob('*.py'))]
    return {'Collections': [collection], 'Models': models}


def _collection(readme: Path) -> dict[str, Any]:
    text = readme.read_text(encoding='utf-8')
    title = re.match(r'# (.+)\n', text)
    paper = re.search(r'\[\*([^*]+)\*\]\((https://[^)]+)\)', text)
    if title is None or paper is None:
        raise ValueError(
            f'{readme} must begin with "# NAME" and name its paper as [*TITLE*](https://...), '
            'as configs/coop/README.md does'
        )
    return {
        'Name': title[1],
        'Metadata': {'Architecture': ['CLIP']},
        'Paper': {'Title': paper[1], 'URL': paper[2]},
        'README': readme.relative_to(ROOT).as_posix(),
    }


def _model(path: Path, collection: str, numbers: dict[str, Measured]) -> dict[str, Any]:
    cfg = compose(path)
    file = table_file(cfg.filename, cfg.run)
    if file is None:
        raise ValueError(
            f'{path} names no settings; add configs/_base_/settings/{cfg.run.method}.py'
        )
    title = read_table(file)['title']
    row = numbers.get(title) if cfg.run.dataset == 'icons' else None
    model = {
        'Name': path.stem,
        'In Collection': collection,
        'Config': path.relative_to(ROOT).as_posix(),
        'Metadata': {'Method': title, **_metadata(cfg)},
    }
    if row is not None:
        model['Metadata']['Trained Parameters'] = row.parameters
        model['Results'] = [_result(row, _measured_length(path))]
    return model


def _metadata(cfg: Config) -> dict[str, Any]:
    run, backbone = describe(cfg), cfg.model.backbone
    data = {
        'Protocol': run['protocol'],
        'Architecture': [backbone.arch],
        'Pretrained Weights': backbone.pretrained,
    }
    if not trains(cfg):
        return data
    loop = cfg.train_cfg
    length = {'Epochs': loop.max_epochs} if 'max_epochs' in loop else {'Iterations': loop.max_iters}
    return {
        **data,
        'Training Data': [dataset_title(run['dataset']).replace('_', ' ')],
        'Shots': run['shots'],
        'Batch Size': cfg.train_dataloader.batch_size,
        **length,
    }


def _measured_length(path: Path) -> dict[str, int]:
    """Epochs or iterations of the measured runs of a config, if the benchmark file changes them."""
    methods = yaml.safe_load((ROOT / SETTINGS).read_text(encoding='utf-8'))['methods']
    for method in methods:
        entry = {'name': method} if isinstance(method, str) else method
        if 'config' not in entry and config_of(entry['name'], 'icons', None).stem == path.stem:
            changed = entry.get('overrides', {})
            return {_LENGTHS[key]: changed[key] for key in _LENGTHS if key in changed}
    raise ValueError(f'docs/results.md has numbers of {path.name}, which {SETTINGS} does not run')


def _result(row: Measured, length: dict[str, int]) -> dict[str, Any]:
    metrics: dict[str, float] = {}
    for name, (mean, spread) in (
        ('Base Accuracy', row.base),
        ('Novel Accuracy', row.novel),
        ('Harmonic Mean', row.harmonic),
    ):
        metrics[name] = mean
        if spread is not None:
            metrics[f'{name} Standard Deviation'] = spread
    return {
        'Task': 'Base-to-Novel Image Classification',
        'Dataset': dataset_title('icons'),
        'Metrics': {**metrics, 'Seeds': row.seeds, **length},
        'Settings': SETTINGS,
    }
