"""A split changes the dataset of the test dataloader in one way, whoever asks: own data as target and as outside images."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mmengine.config import Config
from PIL import Image

from vamp_mm.analysis.opened import _splits
from vamp_mm.apis import check_config, compose
from vamp_mm.data_tools.browse import _dataset_config
from vamp_mm.evaluation import SplitTestLoop
from vamp_mm.evaluation.split_configs import split_dataset
from vamp_mm.runs.data_check import _datasets, check_lists

ICONS = Path(__file__).parents[2] / 'configs' / 'vamp' / 'vamp_mmrl_icons.py'


def _folder(root: Path, names: tuple[str, ...]) -> str:
    for name in names:
        for part in ('train', 'test'):
            (root / part / name).mkdir(parents=True)
            for index in range(3):
                Image.new('RGB', (8, 8), (index, 0, 0)).save(root / part / name / f'{index}.png')
    return str(root)


def _table(root: Path) -> str:
    root.mkdir()
    rows = ['path,class,split']
    for name in ('oak', 'elm'):
        for part in ('train', 'test'):
            Image.new('RGB', (8, 8)).save(root / f'{name}_{part}.png')
            rows.append(f'{name}_{part}.png,{name},{part}')
    (root / 'trees.csv').write_text('\n'.join(rows), encoding='utf-8')
    return str(root / 'trees.csv')


class _Images(list):
    def __init__(self, metainfo: dict[str, Any]) -> None:
        super().__init__(range(2))
        self.metainfo = metainfo


def _of_the_loop(cfg: Config) -> dict[str, Any]:
    """Configs that the test loop builds its datasets from."""
    built: list[Any] = []

    def build_dataloader(config: dict, seed: int | None = None) -> Any:
        built.append(config['dataset'])
        meta = dict(classes=(f'x{len(built)}', 'y'), templates=('{}.',))
        return SimpleNamespace(dataset=_Images(meta))

    runner = SimpleNamespace(
        seed=1,
        build_dataloader=build_dataloader,
        build_evaluator=lambda _: SimpleNamespace(metrics=[]),
    )
    splits = cfg.test_cfg.splits.to_dict()
    SplitTestLoop(
        runner,
        cfg.test_dataloader.to_dict(),
        SimpleNamespace(),
        splits,
        trained_on=cfg.test_cfg.get('trained_on'),
    )
    names = sorted(splits, key=lambda name: 'outside' in splits[name])
    return dict(zip(names, built, strict=True))


@pytest.mark.parametrize('own', ['source', 'typed'])
def test_own_data_are_the_same_for_all(tmp_path: Path, own: str) -> None:
    insects, trees = _folder(tmp_path / 'insects', ('ant', 'bee')), _table(tmp_path / 'trees')
    base = (
        compose(ICONS)
        if own == 'source'
        else compose(ICONS, dataset=_folder(tmp_path / 'birds', ('owl', 'emu', 'kea')), shots=1)
    )
    cfg = (
        compose(ICONS, protocol='cross-dataset', targets=['source', insects], outside=[trees])
        if own == 'source'
        else compose(
            ICONS,
            dataset=str(tmp_path / 'birds'),
            shots=1,
            protocol='cross-dataset',
            targets=['source', insects],
            outside=[trees],
        )
    )
    assert base.test_dataloader.dataset.source == cfg.test_dataloader.dataset.source
    assert check_config(cfg) == []
    expected = {
        name: split_dataset(cfg.test_dataloader.dataset.to_dict(), entry)
        for name, entry in cfg.test_cfg.splits.to_dict().items()
    }
    assert len(expected) == 3
    for name, place in (('insects', insects), ('trees', str(tmp_path / 'trees'))):
        found = next(dataset for split, dataset in expected.items() if name in split)
        assert found['data_root'] == place
        asked = next(
            entry for split, entry in cfg.test_cfg.splits.to_dict().items() if name in split
        )
        # nothing of the other source is left in it
        assert found['source'] == asked['dataset']['source']
    assert {name: _dataset_config(cfg, name) for name in expected} == expected
    assert {name: dataset for name, (dataset, _) in _splits(cfg).items()} == expected
    of_the_loop = _of_the_loop(cfg)
    assert of_the_loop == expected
    tested = [dict(dataset) for dataset in _datasets(cfg)][-3:]
    assert [dataset['data_root'] for dataset in tested] == [
        dataset['data_root'] for dataset in expected.values()
    ]
    if own == 'typed':
        check_lists(cfg)


def test_a_split_that_names_a_type_is_a_dataset_of_its_own() -> None:
    base = dict(
        type='FewShotDataset',
        data_root='a',
        source=dict(type='SplitFile', file='x.json'),
        pipeline=[1],
    )
    typed = dict(type='Other', path='b')
    assert split_dataset(base, dict(dataset=typed)) == typed
    assert split_dataset(base, dict(dataset=dict(source=dict(file='y.json')))) == {
        **base,
        'source': dict(type='SplitFile', file='y.json'),
    }
    assert split_dataset(base, dict(dataset=dict(source=dict(type='ImageFolder')))) == {
        **base,
        'source': dict(type='ImageFolder'),
    }
    assert split_dataset(base, {}) == base
