"""``--ood``: what it adds to a config, and to which runs of a benchmark."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from vamp_mm.apis import ConfigError, check_config, compose
from vamp_mm.benchmark import plan, read_spec
from vamp_mm.config.identity import config_hash, describe
from vamp_mm.evaluation.split_configs import check_splits

CONFIGS = Path(__file__).parents[2] / 'configs'
ICONS = CONFIGS / 'vamp/vamp_mmrl_icons.py'


def _folder(root: Path) -> str:
    for name in ('ant', 'bee'):
        (root / name).mkdir(parents=True)
        for index in range(3):
            Image.new('RGB', (8, 8), (index, 0, 0)).save(root / name / f'{index}.png')
    return str(root)


def test_unseen_classes_datasets_and_own_folders(tmp_path: Path) -> None:
    own = _folder(tmp_path / 'insects')
    cfg = compose(ICONS, outside=['novel', 'dtd', own])
    assert check_config(cfg) == []
    splits = cfg.test_cfg.splits.to_dict()
    check_splits(splits)
    assert list(splits) == ['base', 'novel', 'unseen', 'dtd', 'insects']
    assert splits['unseen'] == dict(outside='base', dataset=dict(class_split='novel'), exclude=[])
    assert splits['dtd'] == dict(
        outside='base',
        dataset=dict(class_split='all', data_root='data/dtd', source='dtd'),
        exclude=[],
    )
    assert splits['insects']['dataset']['data_root'] == own
    assert Path(cfg.work_dir).name == 'vamp_mmrl_icons_outside'
    assert (
        compose(ICONS, outside=['dtd'], data_root='/sets').test_cfg.splits.dtd.dataset.data_root
        == '/sets/dtd'
    )
    excluding = compose(
        ICONS, outside=['dtd'], overrides={'test_cfg.splits.dtd.exclude': ['dotted']}
    )
    assert excluding.test_cfg.splits.dtd.exclude == ['dotted']


def test_with_other_protocols() -> None:
    few = compose(ICONS, protocol='few-shot', outside=['dtd']).test_cfg.splits
    assert few.dtd.outside == 'all'
    cross = compose(
        ICONS, protocol='cross-dataset', targets=['dtd', 'source'], outside=['eurosat']
    ).test_cfg.splits
    assert cross.eurosat.outside == 'icons/all'
    assert (
        compose(
            CONFIGS / 'clip/zero_shot_icons.py', outside=['unseen']
        ).test_cfg.splits.unseen.outside
        == 'base'
    )


@pytest.mark.parametrize(('options', 'message'), [
    (dict(protocol='few-shot', outside=['unseen']), "answers about 'all'; use --protocol base-to-novel"),
    (dict(outside=['icons']), 'for its novel classes write novel'),
    (dict(protocol='cross-dataset', targets=['dtd', 'eurosat'], outside=['food101']), "add 'source' to --targets"),
])  # fmt: skip
def test_what_is_not_outside_is_refused(options: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        compose(ICONS, **options)


def test_two_folders_of_one_name_are_refused(tmp_path: Path) -> None:
    one, two = _folder(tmp_path / 'a' / 'insects'), _folder(tmp_path / 'b' / 'insects')
    with pytest.raises(ConfigError, match='rename a folder'):
        compose(ICONS, outside=[one, two])
    with pytest.raises(ConfigError, match="so is split 'novel'"):
        compose(ICONS, outside=[_folder(tmp_path / 'novel')])
    with pytest.raises(FileNotFoundError, match="'dtdd' is neither"):
        compose(ICONS, outside=['dtdd'])


def test_a_run_with_outside_images_is_another_run() -> None:
    plain, outside = compose(ICONS), compose(ICONS, outside=['unseen'])
    assert config_hash(plain) != config_hash(outside)
    assert describe(plain) == describe(outside)  # and follows the same protocol


def test_a_benchmark_leaves_out_the_dataset_of_the_run(tmp_path: Path) -> None:
    file = tmp_path / 'b.yaml'
    file.write_text('methods: [mmrl]\ndatasets: [dtd, eurosat]\nseeds: 1\noutside: [unseen, dtd]\n')
    dtd, eurosat = plan(read_spec(file))
    assert (dtd.options['outside'], eurosat.options['outside']) == (['unseen'], ['unseen', 'dtd'])
    assert dtd.labels['protocol'] == 'base-to-novel'
    [without] = plan(read_spec(file, dict(datasets=['dtd'], outside=['dtd'])))
    assert without.options['outside'] is None
    assert without.config_hash != dtd.config_hash
