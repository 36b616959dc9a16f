"""Protocols and datasets as orthogonal choices of a command."""

from __future__ import annotations

from pathlib import Path

import pytest

from vamp_mm.apis import ConfigError, check_config, compose
from vamp_mm.datasets import CATALOG

CONFIGS = Path(__file__).parents[2] / 'configs'
VAMP = CONFIGS / 'vamp/vamp_mmrl_vit-b16_caltech101.py'
TRAINED = [name for name, row in CATALOG.items() if row.counts.train is not None]
TEST_ONLY = [name for name in CATALOG if name not in TRAINED]
PROTOCOLS = ('base-to-novel', 'few-shot', 'cross-dataset', 'domain-generalization', 'open')


@pytest.mark.parametrize('name', CATALOG)
def test_every_dataset_of_the_catalog_has_a_sound_config(name: str) -> None:
    cfg = compose(VAMP, dataset=name, shots=2 if name in TRAINED else None)
    assert check_config(cfg) == []
    row = CATALOG[name]
    assert cfg.test_dataloader.dataset.source == name
    assert cfg.test_dataloader.dataset.data_root == f'data/{row.folder}'
    assert 'templates' not in cfg.test_dataloader.dataset  # the catalog's own
    if name in TRAINED:
        assert cfg.train_dataloader.dataset.source == name
        assert cfg.train_dataloader.batch_size == (32 if name == 'imagenet' else 4)
        assert list(cfg.test_cfg.splits) == ['base', 'novel']
    else:
        assert cfg.get('train_dataloader') is None
        assert list(cfg.test_cfg.splits) == ['all']


@pytest.mark.parametrize('protocol', PROTOCOLS)
def test_every_protocol_goes_with_a_dataset(protocol: str) -> None:
    cfg = compose(VAMP, dataset='dtd', protocol=protocol, shots=4)
    assert check_config(cfg) == []
    assert cfg.train_dataloader.dataset.shots == 4
    trained = 'base' if protocol in ('base-to-novel', 'open') else 'all'
    assert cfg.train_dataloader.dataset.class_split == trained
    assert Path(cfg.work_dir).name == f'{VAMP.stem}_dtd_{protocol}_4shots'


def test_few_shot_tests_all_classes_and_open_all_of_base_and_novel() -> None:
    cfg = compose(VAMP, protocol='few_shot')
    assert cfg.test_cfg.splits == dict(all=dict(seen=True, dataset=dict(class_split='all')))
    cfg = compose(VAMP, protocol='open')
    assert cfg.test_cfg.splits == dict(open=dict(seen=False, dataset=dict(class_split='all')))
    assert 'OpenAccuracy' in [metric['type'] for metric in cfg.test_evaluator]


def test_cross_dataset_tests_the_source_and_ten_others() -> None:
    cfg = compose(VAMP, dataset='imagenet', protocol='cross-dataset')
    splits = cfg.test_cfg.splits
    assert list(splits)[0] == 'imagenet/all'
    assert len(splits) == 11
    assert splits['imagenet/all'] == dict(seen=True, dataset=dict(class_split='all'))
    assert splits['dtd/all'] == dict(
        seen=False, dataset=dict(class_split='all', data_root='data/dtd', source='dtd')
    )
    assert cfg.test_cfg.trained_on == 'imagenet'
    # with another source, ImageNet is a target
    assert 'imagenet/all' in compose(VAMP, dataset='dtd', protocol='cross-dataset').test_cfg.splits


def test_config_names_its_protocol_and_the_option_replaces_it() -> None:
    file = VAMP.with_name('vamp_mmrl_vit-b16_few_shot.py')
    cfg = compose(file)
    assert (cfg.train_dataloader.dataset.class_split, set(cfg.test_cfg.splits)) == ('all', {'all'})
    assert 'protocol' not in cfg
    cfg = compose(file, protocol='base-to-novel')
    assert (cfg.train_dataloader.dataset.class_split, set(cfg.test_cfg.splits)) == (
        'base',
        {'base', 'novel'},
    )
    cfg = compose(VAMP.with_name('vamp_mmrl_vit-b16_cross_dataset.py'), targets=['dtd'])
    assert (cfg.train_dataloader.dataset.class_split, set(cfg.test_cfg.splits)) == (
        'all',
        {'dtd/all'},
    )


def test_targets_replace_those_of_the_protocol() -> None:
    cfg = compose(VAMP, dataset='imagenet', protocol='cross-dataset', targets=['dtd', 'eurosat'])
    assert list(cfg.test_cfg.splits) == ['dtd/all', 'eurosat/all']
    assert cfg.test_cfg.trained_on is None
    for source in ('source', 'imagenet'):
        cfg = compose(VAMP, dataset='imagenet', protocol='cross-dataset', targets=['dtd', source])
        assert cfg.test_cfg.trained_on == 'imagenet'
        assert cfg.test_cfg.splits['imagenet/all'].seen
    variants = compose(VAMP, dataset='imagenet', protocol='domain-generalization').test_cfg.splits
    assert [name.split('/')[0] for name in variants] == ['imagenet', *TEST_ONLY]


def test_templates_of_the_source_do_not_leak_into_targets(tmp_path: Path) -> None:
    config = tmp_path / 'own.py'
    config.write_text(
        f"_base_ = ['{VAMP}']\ntest_dataloader = dict(dataset=dict(templates='a {{}}.'))\n"
    )
    splits = compose(config, protocol='cross-dataset', targets=['dtd']).test_cfg.splits
    assert splits['dtd/all'].dataset.templates is None


def test_asked_templates_reach_all_targets() -> None:
    cfg = compose(
        VAMP, protocol='cross-dataset', targets=['source', 'dtd', 'icons'], template=['a {} b']
    )
    assert check_config(cfg) == []
    splits = cfg.test_cfg.splits
    assert [split.dataset.templates for split in splits.values()] == [['a {} b']] * 3
    assert (
        cfg.train_dataloader.dataset.templates
        == cfg.test_dataloader.dataset.templates
        == ['a {} b']
    )
    assert compose(VAMP, protocol='few-shot', template=['a {} b']).test_cfg.splits == dict(
        all=dict(seen=True, dataset=dict(class_split='all'))
    )  # the test set has them


@pytest.mark.parametrize(('options', 'error', 'message'), [
    (dict(protocol='fewshot'), ConfigError, "did you mean 'few-shot'"),
    (dict(targets=['dtd']), ConfigError, '--targets needs --protocol'),
    (dict(protocol='open', targets=['dtd']), ConfigError, 'tests on the dataset that it trains on'),
    (dict(protocol='cross-dataset', targets=['dtdd']), FileNotFoundError, "'dtdd' is neither"),
    (dict(seed=-1), ConfigError, '--seed -1 must be an integer from 0'),
    (dict(seed=2**32), ConfigError, '--seed 4294967296 must be'),
    (dict(new_split=True), None, ''),
    (dict(new_split=True, dataset='imagenet'), ConfigError, 'has no effect on the datasets of this config'),
    (dict(data_root='/sets', dataset='imagenet_a'), None, ''),
])  # fmt: skip
def test_options_that_mean_nothing_are_errors(
    options: dict, error: type[Exception] | None, message: str
) -> None:
    if error is None:
        assert check_config(compose(VAMP, **options)) == []
    else:
        with pytest.raises(error, match=message):
            compose(VAMP, **options)


def test_a_protocol_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / 'half.py'
    file.write_text(
        "train_dataloader = dict(dataset=dict(class_split='novel'))\n"
        "test_cfg = dict(type='SplitTestLoop', splits=dict(novel=dict(seen=True)))\n"
    )
    assert compose(VAMP, protocol=str(file)).train_dataloader.dataset.class_split == 'novel'
    file.write_text("model = dict(type='x')\n")
    with pytest.raises(ConfigError, match=r"sets \['model'\]"):
        compose(VAMP, protocol=str(file))


def test_one_data_folder_for_source_and_targets(tmp_path: Path) -> None:
    cfg = compose(VAMP, protocol='cross-dataset', targets=['source', 'dtd'], data_root='/sets')
    assert cfg.train_dataloader.dataset.data_root == '/sets/caltech-101'
    assert cfg.test_dataloader.dataset.data_root == '/sets/caltech-101'
    assert cfg.test_cfg.splits['dtd/all'].dataset.data_root == '/sets/dtd'
    own = tmp_path / 'own.py'
    own.write_text(
        f"_base_ = ['{VAMP}']\ntrain_dataloader = dict(dataset=dict(data_root='/a'))\n"
        "test_dataloader = dict(dataset=dict(data_root='/a'))\n"
    )
    with pytest.raises(ConfigError, match=r"no dataset of this config is there: \['/a'\]"):
        compose(own, data_root='/sets')


def test_new_split_reaches_every_dataset_that_can_have_one() -> None:
    cfg = compose(
        VAMP,
        dataset='dtd',
        protocol='cross-dataset',
        targets=['eurosat', 'imagenet_a'],
        new_split=True,
    )
    asked = dict(type='vamp_mm.CatalogSource', name='dtd', new_split=True)
    assert cfg.train_dataloader.dataset.source == cfg.test_dataloader.dataset.source == asked
    assert cfg.test_cfg.splits['eurosat/all'].dataset.source == {**asked, 'name': 'eurosat'}
    assert cfg.test_cfg.splits['imagenet_a/all'].dataset.source == 'imagenet_a'
