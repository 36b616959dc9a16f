"""What is often typed wrong gets the next step in the message."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

from vamp_mm.apis import ConfigError, check_config, compose
from vamp_mm.benchmark.spec_file import read_spec
from vamp_mm.config.effect_check import without_effect
from vamp_mm.config.errors import near
from vamp_mm.config.files import read_config
from vamp_mm.config.key_values import read_key_values
from vamp_mm.config.overrides import apply_overrides

ROOT = Path(__file__).parents[2]
VAMP = ROOT / 'configs' / 'vamp' / 'vamp_mmrl_icons.py'


@pytest.fixture
def vamp() -> Config:
    return Config.fromfile(VAMP)


@pytest.mark.parametrize(
    ('word', 'end'),
    [
        ('train_cfg.max_epochs="3"', 'a word; did you mean 3?'),
        ('train_dataloader.batch_size=08', 'a word; did you mean 8?'),
        ('train_cfg.max_epochs="3.5"', 'a word'),
        ('train_cfg.max_epochs=true', 'a word'),
        ('optim_wrapper.optimizer.lr=0,002', 'a word; the decimal sign is a point'),
        ('optim_wrapper.optimizer.lr="0.002"', 'a word; did you mean 0.002?'),
        (
            'optim_wrapper.optimizer.lr="2e-3"',
            'a word; did you mean 0.002? (YAML takes 1e-3 for a word and 1.0e-3 for a number)',
        ),
    ],
)
def test_numbers_get_a_number_of_their_kind(vamp: Config, word: str, end: str) -> None:
    with pytest.raises(ConfigError) as caught:
        apply_overrides(vamp, read_key_values([word]))
    assert caught.value.problems[0].endswith(end)


def test_a_tuple_for_a_number_is_refused_with_the_decimal_point(vamp: Config) -> None:
    vamp.optim_wrapper.optimizer.lr = 0.5
    apply_overrides(vamp, {'optim_wrapper.optimizer.lr': 0.2})
    vamp.optim_wrapper.optimizer.lr = (1, 5)
    assert any(
        problem.startswith('optim_wrapper.optimizer.lr=(1, 5) must be')
        for problem in check_config(vamp)
    )


@pytest.mark.parametrize(
    ('word', 'allowed', 'expected'),
    [
        ('Adamw', ['Adam', 'AdamW', 'SparseAdam'], ['AdamW']),
        ('DTD', ['dtd', 'stl10'], ['dtd']),
        ('ViT-B/16', ['ViT-B-16', 'ViT-B-32', 'ViT-B-16-plus'], ['ViT-B-16']),
        ('shotz', ['shots', 'seed'], ['shots']),
    ],
)
def test_what_differs_in_case_and_signs_only_comes_first(
    word: str, allowed: list[str], expected: list[str]
) -> None:
    assert near(word, allowed) == expected


def test_names_and_paths_of_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / 'flowers').mkdir()
    monkeypatch.chdir(tmp_path)
    for word, meant in (
        ('caltech10', "'caltech101'"),
        ('DTD', "'dtd'"),
        ('./flower', "'flowers'"),
        (str(tmp_path / 'flowerz'), repr(str(tmp_path / 'flowers'))),
    ):
        with pytest.raises(FileNotFoundError) as caught:
            compose(VAMP, dataset=word)
        assert f'; did you mean {meant}' in str(caught.value)
        assert '_coop' not in str(caught.value)
    with pytest.raises(FileNotFoundError, match="'eurosta' is neither .*did you mean 'eurosat'"):
        compose(VAMP, protocol='cross-dataset', targets=['eurosta'])


def test_modules_of_the_command_line_are_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / 'mine_for_a_test.py').write_text(
        'from vamp_mm.registry import MODELS\nfrom vamp_mm.models import VaMPHead\n\n\n'
        '@MODELS.register_module()\nclass HeadOfATest(VaMPHead):\n    pass\n',
        'utf-8',
    )
    monkeypatch.syspath_prepend(tmp_path)
    cfg = compose(
        VAMP,
        overrides={
            'custom_imports': dict(imports=['mine_for_a_test']),
            'model.head.type': 'HeadOfATest',
        },
    )
    assert check_config(cfg) == []
    with pytest.raises(
        ConfigError, match='custom_imports: .*no_such_module_of_mine.*on PYTHONPATH'
    ):
        compose(
            VAMP,
            overrides={
                'custom_imports': dict(
                    imports=['no_such_module_of_mine'], allow_failed_imports=False
                )
            },
        )
    with pytest.raises(
        ConfigError, match=r"custom_imports={'import': .*must be a dict such as dict\(imports"
    ):
        compose(VAMP, overrides={'custom_imports': {'import': ['x']}})


def test_class_names_must_come_from_somewhere(vamp: Config) -> None:
    needed = (
        'custom_hooks: PromptedClassifier has no class names in {}, and no hook gives it those of the data; add '
        "dict(type='vamp_mm.VocabularyHook')"
    )
    vamp.custom_hooks = []
    assert check_config(vamp) == [needed.format('training')]
    vamp.model.vocabulary = dict(names=['a', 'b'], templates=['a {}.'])
    assert check_config(vamp) == []
    del vamp.model['vocabulary']
    for key in ('train_cfg', 'train_dataloader', 'optim_wrapper', 'param_scheduler'):
        vamp[key] = None
    assert check_config(vamp) == []  # SplitTestLoop sets them
    vamp.test_cfg = dict()
    assert check_config(vamp) == [needed.format('the test')]
    vamp.custom_hooks = [dict(type='VocabularyHook')]
    assert check_config(vamp) == []


@pytest.mark.parametrize(('keys', 'start'), [
    (dict(drop_last=True, batch_sampler=dict(type='mmpretrain.SequentialSampler')),
     'train_dataloader.drop_last=True cannot be combined with train_dataloader.batch_sampler: set '),
    (dict(shuffle=True), 'train_dataloader.shuffle=True cannot be combined with train_dataloader.sampler: set '),
])  # fmt: skip
def test_keys_that_torch_refuses_beside_a_sampler(
    vamp: Config, keys: dict[str, Any], start: str
) -> None:
    vamp.train_dataloader.update(keys)
    assert any(problem.startswith(start) for problem in check_config(vamp))


def test_what_a_run_without_validation_or_metrics_passes_over(vamp: Config) -> None:
    vamp.train_cfg.val_begin = 3
    vamp.test_evaluator = []
    assert check_config(vamp) == []
    assert without_effect(vamp) == [
        'train_cfg.val_begin=3 has no effect: the config has no val_cfg',
        'test_evaluator=[] holds no metric: the test gives no number',
    ]


def test_bases_with_the_same_key_get_a_next_step(tmp_path: Path) -> None:
    bases = [str(VAMP), str(ROOT / 'configs' / '_base_' / 'datasets' / 'dtd.py')]
    (tmp_path / 'mine.py').write_text(f'_base_ = {bases}\n', 'utf-8')
    with pytest.raises(
        ConfigError, match='two of its _base_ files set the same key .*take the data with --dataset'
    ):
        read_config(tmp_path / 'mine.py')


def test_the_example_of_another_clip_is_sound(tmp_path: Path) -> None:
    """The config of docs/weights.md, with an architecture of 112 pixels, 11 image and 6 text blocks."""
    text = (ROOT / 'docs' / 'weights.md').read_text('utf-8').partition('## Another CLIP')[2]
    text = '_base_' + text.partition('```python\n_base_')[2].partition('```')[0]
    arch = dict(
        embed_dim=64,
        vision_cfg=dict(image_size=112, layers=11, width=64, head_width=32, patch_size=14),
        text_cfg=dict(context_length=77, vocab_size=49408, width=64, heads=2, layers=6),
    )
    (tmp_path / 'arch.json').write_text(json.dumps(arch), 'utf-8')
    mine = tmp_path / 'mine.py'
    mine.write_text(
        text.replace('configs/', f'{ROOT}/configs/').replace('/weights/arch', f'{tmp_path}/arch'),
        'utf-8',
    )
    assert check_config(read_config(mine)) == []
    mine.write_text(
        mine.read_text('utf-8').replace('start=3, depth=3', 'start=3, depth=4'), 'utf-8'
    )
    assert check_config(read_config(mine)) != []


def test_size_inside_a_list_is_set_in_a_config_as_the_message_says(tmp_path: Path) -> None:
    (tmp_path / 'mine.py').write_text(
        f"_base_ = ['{VAMP}']\n_base_.train_dataloader.dataset.pipeline[1].size = 112\n", 'utf-8'
    )
    cfg = read_config(tmp_path / 'mine.py')
    assert cfg.train_dataloader.dataset.pipeline[1].size == 112
    assert check_config(cfg)[0].startswith('model.backbone.arch=')


def test_benchmark_refuses_what_no_run_can_do() -> None:
    for flags, message in (
        (
            dict(shots=[0]),
            '--shots 0 is not possible: each must be at least 1, or -1 for all images',
        ),
        (dict(seeds=[-1]), '--seeds -1 is not possible: each must be from 0 to 4294967295'),
    ):
        with pytest.raises(ConfigError) as caught:
            read_spec(flags=dict(methods=['coop'], datasets=['dtd'], **flags))
        assert message in str(caught.value)


@pytest.mark.parametrize(
    ('arch', 'meant'), [('ViT-B/16', 'ViT-B-16'), ('vit-b-32', 'ViT-B-32'), ('RN-50', 'RN50')]
)
def test_an_architecture_that_is_spelt_differently(vamp: Config, arch: str, meant: str) -> None:
    vamp.model.backbone.arch = arch
    assert f'is not known to open_clip; did you mean {meant!r}' in check_config(vamp)[0]
