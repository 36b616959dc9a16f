"""``--dataset PATH`` and what it does to a config; what a run writes down about its data."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from mmengine.logging import MMLogger

from vamp_mm.apis import compose
from vamp_mm.cli import command
from vamp_mm.config.errors import ConfigError
from vamp_mm.config.validate import check_config
from vamp_mm.datasets import DataError, FewShotDataset, FewShotWrapper
from vamp_mm.evaluation import SplitError, SplitTestLoop
from vamp_mm.evaluation.tested_splits import TestedSplit
from vamp_mm.runs.data_record import DataRecordHook
from vamp_mm.runs.work_dir import check_work_dir

ROOT = Path(__file__).parents[2]
ICONS = ROOT / 'configs' / 'vamp' / 'vamp_mmrl_icons.py'
sys.path.insert(0, str(ROOT / 'tests' / 'test_datasets'))
import own  # noqa: E402

COUNTS = {'train/ant': 5, 'train/bee': 4, 'test/ant': 2, 'test/bee': 2}


@pytest.fixture
def birds(tmp_path: Path) -> Path:
    return own.folders(tmp_path / 'birds', COUNTS)


def test_only_the_data_are_replaced(birds: Path) -> None:
    before, cfg = (
        compose(ICONS),
        compose(ICONS, dataset=str(birds), template=['a {}, a bird.'], shots=4, seed=2),
    )
    train, test = cfg.train_dataloader.dataset, cfg.test_dataloader.dataset
    source = dict(type='vamp_mm.ImageFolder', train='train', test='test')
    for dataset in (train, test):
        assert dataset.data_root == str(birds)
        assert dataset.source == source
        assert dataset.templates == ['a {}, a bird.']
        assert dataset.dataset_name == 'birds'
    # the image size is that of the backbone
    assert train.pipeline == before.train_dataloader.dataset.pipeline
    assert test.pipeline == before.test_dataloader.dataset.pipeline
    assert (train.shots, train.seed, train.class_split, cfg.randomness.seed) == (4, 2, 'all', 2)
    assert list(cfg.test_cfg.splits) == ['all']
    # few-shot: VaMP's epochs, MMRL's batches
    assert (cfg.train_dataloader.batch_size, cfg.train_cfg.max_epochs) == (32, 50)
    assert cfg.work_dir == 'work_dirs/vamp_mmrl_icons_birds_4shots_seed2'
    assert check_config(cfg) == []


def test_protocols_and_targets_go_with_own_data(birds: Path, tmp_path: Path) -> None:
    cfg = compose(ICONS, dataset=str(birds), protocol='base-to-novel')
    assert cfg.train_dataloader.dataset.class_split == 'base'
    assert list(cfg.test_cfg.splits) == ['base', 'novel']
    own.folders(tmp_path / 'sketches', {'ant': 2, 'bee': 2})
    cfg = compose(
        ICONS, dataset=str(birds), template=['a {}.'], protocol='domain-generalization',
        targets=['source', str(tmp_path / 'sketches')])  # fmt: skip
    splits = cfg.test_cfg.splits
    assert list(splits) == ['birds/all', 'sketches/all']
    assert splits['sketches/all'].dataset.source == dict(type='vamp_mm.ImageFolder', test='.')
    assert splits['sketches/all'].dataset.templates == ['a {}.']
    assert cfg.test_cfg.trained_on == 'birds'
    assert check_config(cfg) == []


def test_a_name_that_is_also_a_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    own.folders(tmp_path / 'icons', {'ant': 4, 'bee': 4})
    with pytest.raises(ConfigError, match=r'give \./icons for your own data'):
        compose(ICONS, dataset='icons')
    assert compose(ICONS, dataset='./icons').train_dataloader.dataset.data_root == str(
        tmp_path / 'icons'
    )


@pytest.mark.parametrize('template', ['a bird.', '{} and {}'])
def test_templates_without_one_place_for_the_name_are_refused(birds: Path, template: str) -> None:
    with pytest.raises(ConfigError, match='exactly one'):
        compose(ICONS, dataset=str(birds), template=[template])


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        FileNotFoundError, match=r'neither a folder or file .* known names: .*icons'
    ):
        compose(ICONS, dataset=str(tmp_path / 'nowhere'))


def test_shots_reach_through_the_wrapper(birds: Path, tmp_path: Path) -> None:
    config = tmp_path / 'wrapped.py'
    config.write_text(
        f"_base_ = ['{ICONS}']\n"
        "train_dataloader = dict(dataset=dict(_delete_=True, type='FewShotWrapper', shots=1, seed=1, class_split='base',\n"
        f"    dataset=dict(type='mmpretrain.CustomDataset', data_prefix='{birds}/train')))\n"
    )
    cfg = compose(config, shots=2, seed=5, protocol='few-shot')
    dataset = cfg.train_dataloader.dataset
    assert (dataset.shots, dataset.seed, dataset.class_split) == (2, 5, 'all')
    assert check_config(cfg) == []


def _start(
    dataset,
    work_dir: Path,
    iterations: int = 0,
    tested: SplitTestLoop | None = None,
    validated=None,
) -> None:
    """What a Runner does with the hook before it trains."""
    val_loop = validated and SimpleNamespace(dataloader=SimpleNamespace(dataset=validated))
    runner = SimpleNamespace(
        train_dataloader=SimpleNamespace(dataset=dataset), val_loop=val_loop, test_loop=tested, work_dir=str(work_dir), iter=iterations,
        logger=MMLogger.get_current_instance())  # fmt: skip
    work_dir.mkdir(exist_ok=True)
    DataRecordHook().before_train(runner)


def _data(root: Path, **options) -> FewShotDataset:
    options = (
        dict(shots=2, seed=2, source=dict(type='ImageFolder', train='train', test='test')) | options
    )
    return FewShotDataset(str(root), **options)


def test_a_run_records_its_images(birds: Path, tmp_path: Path) -> None:
    dataset = _data(birds, class_split='novel', templates='a {}, a bird.')
    _start(dataset, tmp_path / 'run')
    lists = json.loads((tmp_path / 'run' / 'data_split.json').read_text())
    everything = _data(birds).load_data_list()  # recorded before base and novel are separated
    assert [str(birds / path) for path, _, _ in lists['train']] == [
        info['img_path'] for info in everything
    ]
    assert len(lists['test']) == 4
    note = (tmp_path / 'run' / 'data_note.txt').read_text()
    for words in (
        str(birds),
        'a {}, a bird.',
        'classes trained on (novel): 1: bee',
        '2 per class, seed 2',
        'train: 4 images of all 2 classes, 2 of them trained on\n',
        'test: 4 images of all 2 classes\n',
    ):
        assert words in note
    # a start that failed after this is no obstacle to the next one
    check_work_dir(tmp_path / 'run')


def test_the_note_names_targets_and_keeps_names_apart(tmp_path: Path) -> None:
    root = own.folders(
        tmp_path / 'pets',
        {'train/cat, small': 2, 'train/dog': 2, 'test/cat, small': 1, 'test/dog': 1},
    )
    loop = object.__new__(SplitTestLoop)
    other = _data(root, split='test', shots=-1)
    loader = SimpleNamespace(dataset=other)
    loop._splits = {
        name: TestedSplit(name, loader, other.metainfo, False, name)
        for name in ('pets/all', 'sketches/all')
    }
    _start(_data(root), tmp_path / 'run', tested=loop)
    note = (tmp_path / 'run' / 'data_note.txt').read_text()
    for line in (
        'classes trained on (all): 2: "cat, small", "dog"',
        'train: 4 images',
        'test: 2 images',
        'tested on pets/all: 2 images of 2 classes',
        'tested on sketches/all: 2 images of 2 classes',
    ):
        assert f'{line}\n' in note


def test_the_record_can_be_used_again(birds: Path, tmp_path: Path) -> None:
    _start(_data(birds), tmp_path / 'run')
    shutil.copy(tmp_path / 'run' / 'data_split.json', birds / 'few.json')
    again = FewShotDataset(str(birds), dict(type='SplitFile', file='few.json'))
    assert again.load_data_list() == _data(birds).load_data_list()


@pytest.mark.parametrize(('own_way', 'note'), [
    (dict(shots=-1, seed=1, class_split='base'), 'validated on 3 images of the val split: all images, base classes'),
    (dict(shots=2, seed=7), 'validated on 4 images of the val split: shots=2, seed 7, all classes'),
    (dict(shots=1, seed=2), None),
])  # fmt: skip
def test_the_validation_images_are_those_of_the_validation(
    tmp_path: Path, own_way: dict, note: str | None
) -> None:
    root = own.folders(tmp_path / 'birds', {**{f'{part}/{name}': 4 for part in ('train', 'test') for name in ('ant', 'bee')},
                                            'val/ant': 3, 'val/bee': 2})  # fmt: skip
    source = dict(type='ImageFolder', train='train', val='val', test='test')
    used = _data(root, source=source, split='val', **own_way)
    _start(_data(root, source=source, shots=1), tmp_path / 'run', validated=used)
    lists = json.loads((tmp_path / 'run' / 'data_split.json').read_text())
    assert [str(root / path) for path, _, _ in lists['val']] == [
        info['img_path'] for info in used.load_data_list()
    ]
    assert ('validated on' in (tmp_path / 'run' / 'data_note.txt').read_text()) == (
        note is not None
    )
    assert (note or '') in (tmp_path / 'run' / 'data_note.txt').read_text()


def test_few_validation_images_are_no_fault_where_all_are_taken(tmp_path: Path) -> None:
    root = own.folders(tmp_path / 'birds', {**COUNTS, 'val/ant': 2, 'val/bee': 2})
    source = dict(type='ImageFolder', train='train', val='val', test='test')
    _start(
        _data(root, source=source, shots=4),
        tmp_path / 'run',
        validated=_data(root, source=source, split='val', shots=-1),
    )
    assert len(json.loads((tmp_path / 'run' / 'data_split.json').read_text())['val']) == 4


def test_validation_images_of_other_data_are_counted(birds: Path, tmp_path: Path) -> None:
    other = own.folders(tmp_path / 'more', COUNTS)
    for used, place in (
        (_data(other, split='test', shots=-1), f'of more in {other}'),
        (_data(birds, split='test', shots=-1), 'of birds in'),
    ):
        _start(_data(birds), tmp_path / 'run', validated=used)
        assert not json.loads((tmp_path / 'run' / 'data_split.json').read_text())['val']
        assert (
            f'validated on 4 images of the test split {place}'
            in (tmp_path / 'run' / 'data_note.txt').read_text()
        )


def test_a_resumed_run_must_find_the_same_images(birds: Path, tmp_path: Path) -> None:
    _start(_data(birds), tmp_path / 'run')
    _start(_data(birds), tmp_path / 'run', iterations=8)
    with pytest.raises(DataError, match='an earlier start of this run recorded'):
        _start(_data(birds, seed=3), tmp_path / 'run', iterations=8)
    _start(_data(birds, seed=3), tmp_path / 'run')  # nothing was trained yet


def test_damaged_images_end_a_run_before_it_starts(birds: Path, tmp_path: Path) -> None:
    (birds / 'test' / 'bee' / '1.png').write_bytes(
        (birds / 'test' / 'bee' / '1.png').read_bytes()[:100]
    )
    with pytest.raises(
        DataError, match=r'1 images cannot be read: test/bee/1.png (?s:.*)unreadable=skip'
    ):
        _start(_data(birds), tmp_path / 'run')
    assert not list((tmp_path / 'run').iterdir())
    _start(_data(birds, unreadable='skip'), tmp_path / 'run')
    assert 'they are left out' in (tmp_path / 'run' / 'data_note.txt').read_text()


def test_equal_files_and_other_modes_are_told(birds: Path, tmp_path: Path) -> None:
    shutil.copy(birds / 'train' / 'ant' / '0.png', birds / 'test' / 'ant' / '0.png')
    own.draw(birds / 'test' / 'bee' / '0.png', mode='L')
    _start(_data(birds), tmp_path / 'run')
    note = (tmp_path / 'run' / 'data_note.txt').read_text()
    assert 'WARNING: 1 image(s) are in two parts' in note
    assert '1 of 8 images are not RGB and are converted: L 1' in note


def test_nothing_is_written_into_the_data(birds: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in birds.rglob('*')} | {
        birds: birds.stat().st_mtime_ns
    }
    _start(_data(birds), tmp_path / 'run')
    after = {path: path.stat().st_mtime_ns for path in birds.rglob('*')} | {
        birds: birds.stat().st_mtime_ns
    }
    assert after == before


def test_the_wrapper_is_recorded_too(birds: Path, tmp_path: Path) -> None:
    inner = dict(type='mmpretrain.CustomDataset', data_prefix=str(birds / 'train'))
    _start(FewShotWrapper(inner, shots=2, seed=2), tmp_path / 'run')
    lists = json.loads((tmp_path / 'run' / 'data_split.json').read_text())
    assert [path for path, _, _ in lists['train']] == [
        info['img_path'] for info in _data(birds).load_data_list()
    ]


@pytest.mark.parametrize(
    ('error', 'told'),
    [
        (DataError('what to do'), 'error: what to do\n'),
        (SplitError('what to do'), 'error: what to do\n'),
        (
            ValueError('a bug'),
            'error: ValueError: a bug -- an error that should not happen; its traceback is in ',
        ),
    ],
)
def test_commands_explain_what_is_wrong_with_data_and_keep_where_a_bug_is(
    error, told, capsys
) -> None:
    def main() -> None:
        raise error

    with pytest.raises(SystemExit) as stop:
        command(main)()
    assert stop.value.code == 1
    assert capsys.readouterr().err.startswith(told)


def _animals(folder: Path) -> str:
    return str(own.folders(folder, {'ant': 4, 'bee': 4}))


def test_targets_of_one_name_are_refused(tmp_path: Path) -> None:
    one, two = _animals(tmp_path / 'a' / 'animals'), _animals(tmp_path / 'b' / 'animals')
    with pytest.raises(
        ConfigError,
        match=r"a/animals' and '.*b/animals' are both called 'animals'.*rename the folder",
    ):
        compose(ICONS, protocol='cross-dataset', targets=[one, two])
    for targets in (['source', two], [two, 'source'], [two], [one, two]):
        with pytest.raises(
            ConfigError, match=r"b/animals' and the dataset trained on .*both called 'animals'"
        ):
            compose(ICONS, dataset=one, protocol='cross-dataset', targets=targets)
    dtd = _animals(tmp_path / 'dtd')
    with pytest.raises(ConfigError, match="both called 'dtd'"):
        compose(ICONS, protocol='cross-dataset', targets=[dtd, 'dtd'])
    with pytest.raises(ConfigError, match="'dtd' and the dataset trained on"):
        compose(ICONS, dataset=dtd, protocol='cross-dataset', targets=['dtd'])
    with pytest.raises(ConfigError, match=r"is called 'average', as the mean"):
        compose(ICONS, protocol='cross-dataset', targets=[_animals(tmp_path / 'average')])


def test_the_same_target_twice_is_one(tmp_path: Path) -> None:
    one = _animals(tmp_path / 'animals')
    cfg = compose(
        ICONS, protocol='cross-dataset', targets=[one, 'dtd', one + '/', 'dtd', 'icons', 'source']
    )
    assert list(cfg.test_cfg.splits) == ['animals/all', 'dtd/all', 'icons/all']


def test_the_source_is_known_by_its_path(tmp_path: Path) -> None:
    one = _animals(tmp_path / 'animals')
    for path in (one, one + '/', f'{tmp_path}/animals/../animals'):
        cfg = compose(ICONS, dataset=one, protocol='cross-dataset', targets=[path, 'dtd', 'source'])
        assert list(cfg.test_cfg.splits) == ['animals/all', 'dtd/all']
        assert cfg.test_cfg.splits['animals/all'] == dict(
            seen=True, dataset=dict(class_split='all')
        )
        assert cfg.test_cfg.trained_on == 'animals'


def test_data_root_leaves_a_path_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ('animals', 'sketches'):
        _animals(tmp_path / 'data' / name)
    cfg = compose(
        ICONS,
        dataset='data/animals',
        protocol='cross-dataset',
        targets=['source', 'data/sketches', 'dtd'],
        data_root='/sets',
    )
    assert cfg.train_dataloader.dataset.data_root == str(tmp_path / 'data' / 'animals')
    splits = cfg.test_cfg.splits
    assert splits['sketches/all'].dataset.data_root == str(tmp_path / 'data' / 'sketches')
    assert splits['dtd/all'].dataset.data_root == '/sets/dtd'


def test_columns_and_levels_go_with_the_path(tmp_path: Path) -> None:
    own.folders(tmp_path / 'ham', {'images_part_1': 8, 'images_part_2': 0})
    rows = [[str(index), 'mel' if index % 2 else 'nv', 'x'] for index in range(8)]
    own.table(tmp_path / 'ham' / 'meta.csv', [['image_id', 'dx', 'sex'], *rows])
    own.folders(
        tmp_path / 'pacs',
        {f'{domain}/{name}': 4 for domain in ('photo', 'sketch') for name in ('mel', 'nv')},
    )
    table, level = f'{tmp_path}/ham/meta.csv#path=image_id,class=dx', f'{tmp_path}/pacs#level=2'
    cfg = compose(
        ICONS, dataset=table, protocol='domain-generalization', targets=['source', level], shots=2
    )
    assert check_config(cfg) == []
    assert cfg.train_dataloader.dataset.source == dict(
        type='vamp_mm.AnnotationTable',
        files='meta.csv',
        image_folder='images_part_1',
        path_column='image_id',
        class_column='dx',
    )
    assert cfg.train_dataloader.dataset.data_root == str(tmp_path / 'ham')
    splits = {name: split.get('dataset', {}) for name, split in cfg.test_cfg.splits.items()}
    assert list(splits) == ['ham/all', 'pacs/all']
    assert splits['pacs/all']['source'] == dict(type='vamp_mm.ImageFolder', test='.', level=2)
    again = compose(
        ICONS, dataset=level, protocol='domain-generalization', targets=['source', level], shots=2
    )
    assert list(again.test_cfg.splits) == ['pacs/all']  # the source by its own path
    for wrong in (
        f'{tmp_path}/ham',
        f'{tmp_path}/pacs',
        f'{table},kind=1',
        f'{tmp_path}/pacs#path=a',
    ):
        with pytest.raises(DataError):
            compose(ICONS, dataset=wrong)
