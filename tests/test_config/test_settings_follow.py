"""Published settings give way to the user's config and the command line, and the log names where each comes from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

from vamp_mm.apis import ConfigError, check_config, compose
from vamp_mm.config.published_settings import settings_text
from vamp_mm.config.trained_settings import use_trained

CONFIGS = Path(__file__).parents[2] / 'configs'
MMRL = CONFIGS / 'mmrl/mmrl_vit-b16_caltech101.py'
MMRLPP = CONFIGS / 'mmrlpp/mmrlpp_vit-b16_caltech101.py'


def _write(folder: Path, text: str, bases: Sequence[Path] = (MMRL,), name: str = 'mine.py') -> Path:
    file = folder / name
    file.write_text(f'_base_ = {[str(base) for base in bases]}\n{text}\n', 'utf-8')
    return file


def _line(cfg: Config, key: str) -> str:
    (line,) = [line for line in cfg.run.settings_log if key in line]
    return line


def _mmrl(cfg: Config) -> tuple[float, int]:
    return cfg.model.head.consistency, cfg.model.prompter.host.space_width


def test_what_the_users_config_sets_stays(tmp_path: Path) -> None:
    mine = _write(tmp_path, 'model = dict(head=dict(consistency=0.75))')
    cfg = compose(mine, dataset='eurosat')
    assert _mmrl(cfg) == (0.75, 2048)
    assert (
        _line(cfg, 'consistency')
        == 'model.head.consistency = 0.75: kept, set by the config (published: 0.01)'
    )


def test_what_the_users_config_sets_to_the_published_value_of_its_dataset_stays_too(
    tmp_path: Path,
) -> None:
    mine = _write(tmp_path, "model = {'head': dict(consistency=0.5)}")
    further = _write(tmp_path, 'train_cfg = dict(max_epochs=7)', [mine], 'further.py')
    for config, epochs in ((mine, 50), (further, 7)):
        cfg = compose(config, dataset='dtd', protocol='few-shot')
        assert (
            cfg.model.head.consistency,
            cfg.train_cfg.max_epochs,
            cfg.train_dataloader.batch_size,
        ) == (0.5, epochs, 32)
        assert (cfg.run.method, cfg.run.dataset, cfg.run.protocol) == ('mmrl', 'dtd', 'few-shot')


def test_data_changed_by_hand_bring_their_settings(tmp_path: Path) -> None:
    data = "dict(dataset=dict(source='eurosat', data_root='data/eurosat'))"
    mine = _write(tmp_path, f'train_dataloader = {data}\ntest_dataloader = {data}')
    assert _mmrl(compose(mine)) == (0.01, 2048)
    parts = [
        CONFIGS / '_base_' / part
        for part in (
            'models/mmrl_vit-b16.py',
            'datasets/eurosat.py',
            'schedules/mmrl_base_to_novel.py',
            'default_runtime.py',
        )
    ]
    cfg = compose(_write(tmp_path, '', parts))
    assert _mmrl(cfg) == (0.01, 2048)
    assert cfg.train_cfg.max_epochs == 10


def test_a_protocol_of_the_users_config_brings_its_settings(tmp_path: Path) -> None:
    cfg = compose(_write(tmp_path, "protocol = 'few-shot'"))
    assert (cfg.train_cfg.max_epochs, cfg.train_dataloader.batch_size) == (50, 32)


def test_the_command_line_comes_last() -> None:
    cfg = compose(
        MMRL, dataset='dtd', overrides={'model.head.consistency': 0.5, 'train_cfg.max_epochs': 3}
    )
    assert (cfg.model.head.consistency, cfg.train_cfg.max_epochs) == (0.5, 3)
    assert (
        _line(cfg, 'consistency') == 'model.head.consistency = 0.5: --cfg-options (published: 6.0)'
    )
    cfg = compose(
        MMRL, dataset='eurosat', overrides={'model.prompter': cfg.model.prompter.to_dict()}
    )
    assert _mmrl(cfg) == (0.01, 512)
    hooks = CONFIGS / 'promptsrc/promptsrc_vit-b16_caltech101.py'
    cfg = compose(
        hooks, dataset='dtd', protocol='few-shot', overrides={'custom_hooks.6.mean': 20.0}
    )
    assert (cfg.custom_hooks[6].mean, cfg.custom_hooks[6].std) == (20.0, 5.0)


def test_hooks_of_ones_own_leave_the_published_ones_where_they_are(tmp_path: Path) -> None:
    base = CONFIGS / 'promptsrc/promptsrc_vit-b16_caltech101.py'
    mine = _write(tmp_path, "custom_hooks = [dict(type='EMAHook'), *_base_.custom_hooks]", [base])
    mine.write_text(mine.read_text('utf-8').replace(f"['{base}']", f"'{base}'"), 'utf-8')
    cfg = compose(mine, dataset='dtd', protocol='few-shot')
    assert [
        (hook.mean, hook.std) for hook in cfg.custom_hooks if hook.type == 'GaussianAverageHook'
    ] == [(45.0, 5.0)]


@pytest.mark.parametrize(
    ('config', 'options', 'line'),
    [
        (
            MMRL,
            dict(dataset='icons'),
            "no published value of model.head.consistency for 'icons'; using 0.5, that of Caltech101 (MMRL, trainers/config.py:6-41)",
        ),
        (
            CONFIGS / 'coop/coop_vit-b16_caltech101.py',
            dict(protocol='few-shot', shots=3),
            'no published value of train_cfg.max_epochs for 3 shots; using 100, that of 2 shots '
            '(CoOp, COOP.md and vit_b16.yaml, vit_b16_ep100.yaml, vit_b16_ep50.yaml)',
        ),
        (
            CONFIGS / 'cocoop/cocoop_vit-b16_caltech101.py',
            dict(protocol='few-shot'),
            'CoCoOp has no published settings for few-shot; using those of base-to-novel',
        ),
        (
            CONFIGS / 'ivlp/ivlp_vit-b16_imagenet.py',
            dict(protocol='domain-generalization', targets=['source']),
            'IVLP has no published settings for domain-generalization; using those of cross-dataset',
        ),
        (
            MMRL,
            dict(protocol='cross-dataset', targets=['source']),
            'cross-dataset is published for training on ImageNet; this run trains on Caltech101 with the same settings',
        ),
        (
            MMRL,
            dict(dataset='icons', protocol='cross-dataset', targets=['source']),
            "cross-dataset is published for training on ImageNet; for 'icons' the settings are those of base-to-novel",
        ),
        (
            MMRL,
            dict(protocol='open'),
            "no paper publishes the protocol 'open'; it trains as base-to-novel",
        ),
        (
            MMRL,
            dict(overrides={'model.backbone.arch': 'RN50'}),
            'published for ViT-B-16; no paper gives settings for RN50, these are a start',
        ),
        (
            CONFIGS / 'kgcoop/kgcoop_vit-b16_few_shot.py',
            {},
            'KgCoOp is published with 4 shots for few-shot; this run has 16',
        ),
        (
            CONFIGS / 'vamp/vamp_mmrl_vit-b16_few_shot.py',
            {},
            'train_dataloader.batch_size = 32: host MMRL, MMRL/vit_b16_few_shot.yaml (the paper gives no batch size for few-shot)',
        ),
        (
            MMRL,
            dict(dataset='imagenet_a'),
            'ImageNet-A is for testing; settings are those of domain-generalization from ImageNet',
        ),
    ],
)
def test_what_is_not_published_is_said_once(
    config: Path, options: dict[str, Any], line: str
) -> None:
    cfg = compose(config, **options)
    assert cfg.run.settings_log.count(line) == 1, settings_text(cfg)
    assert len(cfg.run.settings_log) == len(set(cfg.run.settings_log))


def test_own_data_have_the_settings_of_caltech101_and_no_dataset_that_a_folder_is_called_like(
    tmp_path: Path,
) -> None:
    for label in ('cat', 'dog'):
        (tmp_path / 'eurosat' / label).mkdir(parents=True)
        (tmp_path / 'eurosat' / label / '1.png').write_bytes(b'')
    cfg = compose(MMRL, dataset=str(tmp_path / 'eurosat'))
    assert (*_mmrl(cfg), cfg.train_cfg.max_epochs, cfg.train_dataloader.batch_size) == (
        0.5,
        512,
        50,
        32,
    )
    assert "for 'eurosat (own data)'; using 0.5, that of Caltech101" in _line(cfg, 'consistency')
    cfg = compose(
        MMRL,
        dataset=str(tmp_path / 'eurosat'),
        protocol='domain-generalization',
        targets=['source'],
    )
    assert (cfg.train_cfg.max_epochs, cfg.train_dataloader.batch_size, cfg.run.protocol) == (
        10,
        4,
        'domain-generalization',
    )


def test_a_method_of_ones_own_may_bring_its_table(tmp_path: Path) -> None:
    mine = _write(tmp_path, "run = dict(method='mine')")
    cfg = compose(mine, dataset='dtd')
    assert cfg.model.head.consistency == 0.5
    assert cfg.run.settings_log == [
        "no published settings are known for the method 'mine'; to use those of another method, set run.settings in the "
        "config, for example run=dict(settings='mmrl')"
    ]
    table = tmp_path / '_base_' / 'settings' / 'mine.py'
    table.parent.mkdir(parents=True)
    table.write_text(
        "title = 'Mine'\nrows = [dict(source='notes.md', otherwise='dtd', by_dataset={\n"
        "    'model.head.consistency': dict(dtd=0.25, caltech101=0.5)})]\n",
        'utf-8',
    )
    cfg = compose(mine, dataset='dtd')
    assert cfg.model.head.consistency == 0.25
    assert (
        settings_text(cfg)
        == 'settings of Mine for DTD, base-to-novel, 16 shots\n  model.head.consistency = 0.25: notes.md'
    )
    table.write_text("title = 'Mine'\nrows = [dict(colour={'a': 1}, by_dataset={})]\n", 'utf-8')
    with pytest.raises(
        ConfigError, match="rows.0: unknown key 'colour'; allowed: by_dataset"
    ) as error:
        compose(mine)
    assert len(error.value.problems) == 3  # no source, no dataset to fall back on
    other = _write(tmp_path, "run = dict(method='wide', settings='mmrl')", name='wide.py')
    cfg = compose(other, dataset='dtd')
    assert (cfg.run.method, cfg.model.head.consistency) == ('wide', 6.0)


def test_a_config_without_a_method_is_left_alone(tmp_path: Path) -> None:
    cfg = compose(_write(tmp_path, 'run = None'), dataset='dtd')
    assert cfg.model.head.consistency == 0.5
    assert settings_text(cfg) == ''


def test_unknown_keys_of_run_are_errors(tmp_path: Path) -> None:
    cfg = compose(_write(tmp_path, "run = dict(methods='mmrl')"))
    assert check_config(cfg) == ["run: unknown key 'methods'; did you mean 'method'?"]
    assert check_config(compose(MMRL, dataset='dtd')) == []


@pytest.mark.parametrize(
    ('run', 'message'),
    [
        ("'mmrl'", "run='mmrl' must be a dict that names the method"),
        (
            "dict(method='mine', settings='mmlr')",
            "run.settings='mmlr' names no table of published settings; did you mean 'mmrl'",
        ),
    ],
)
def test_what_run_cannot_mean_is_an_error(tmp_path: Path, run: str, message: str) -> None:
    bases = [CONFIGS / '_base_' / part for part in ('datasets/dtd.py', 'default_runtime.py')]
    with pytest.raises(ConfigError, match=message):
        compose(_write(tmp_path, f'run = {run}', bases))


def test_the_config_that_a_run_wrote_follows_too(tmp_path: Path) -> None:
    written = tmp_path / 'config.py'
    compose(
        MMRL, dataset='eurosat', protocol='few-shot', overrides={'param_scheduler.warmup_epochs': 3}
    ).dump(written)
    cfg = compose(written, dataset='dtd', protocol='base-to-novel')
    assert (*_mmrl(cfg), cfg.train_cfg.max_epochs, cfg.param_scheduler.warmup_epochs) == (
        6.0,
        512,
        10,
        3,
    )
    cfg = compose(written)
    assert (*_mmrl(cfg), cfg.train_cfg.max_epochs, cfg.run.protocol) == (0.01, 2048, 50, 'few-shot')


@pytest.mark.parametrize('method', ['mma', 'twosfs', 'skipt'])
def test_asked_sentences_take_the_place_of_the_methods_own(method: str) -> None:
    cfg = compose(CONFIGS / method / f'{method}_vit-b16_caltech101.py', template=['a {} x'])
    assert cfg.model.prompter.template is None
    assert cfg.test_dataloader.dataset.templates == ['a {} x']
    assert cfg.model.get('teacher') is None
    lines = [line for line in cfg.run.settings_log if line.startswith('model.prompter.template')]
    assert lines == ['model.prompter.template = None: --template']


def test_a_checkpoint_is_tested_as_it_was_trained() -> None:
    cfg = compose(MMRLPP, dataset='dtd')
    use_trained(
        cfg,
        {
            'model.prompter.host.blend': '0.6',
            'model.head.consistency': '7.0',
            'train_cfg.max_epochs': '3',
        },
    )
    assert (
        cfg.model.prompter.host.blend,
        cfg.model.head.consistency,
        cfg.train_cfg.max_epochs,
    ) == (0.6, 7.0, 10)
    assert (
        cfg.run.settings_log[-1] == 'model.prompter.host.blend = 0.6: as the checkpoint was trained'
    )
    asked = compose(MMRLPP, dataset='dtd', overrides={'model.prompter.host.blend': 0.3})
    use_trained(asked, {'model.prompter.host.blend': '0.6', 'model.head.consistency': '7.0'})
    assert asked.model.prompter.host.blend == 0.3
    coop = compose(CONFIGS / 'coop/coop_vit-b16_few_shot.py')
    use_trained(coop, {'model.prompter.context': "'a photo of a'"})
    assert coop.model.prompter.context == 'a photo of a'
    assert 'num_tokens' not in coop.model.prompter


@pytest.mark.parametrize(
    'stored',
    [
        None,
        'text',
        {},
        {'model.prompter.host.blend': '__import__("os")'},
        {'model.prompter.host.blend': 1.0},
        {'model.prompter.host.blend': '1e99'},
        {'model.prompter.host.blend': '[[['},
    ],
)
def test_settings_of_a_checkpoint_that_mean_nothing_change_nothing(stored: Any) -> None:
    cfg = compose(MMRLPP, dataset='dtd')
    use_trained(
        cfg,
        {'model.head.consistency': '7.0', **stored}
        if isinstance(stored, dict) and stored
        else stored,
    )
    assert cfg.model.prompter.host.blend == 0.9


@pytest.mark.parametrize(('text', 'expected'), [
    ("model = dict(prompter=dict(host=dict(type='RepresentationTokens', num_tokens=4)), head=dict(type='MMRLHead'))",
     (0.01, 2048)),
    ("model = {'head': {'type': 'vamp_mm.MMRLHead', 'alpha': 0.6}}", (0.01, 2048)),
    ("model = dict(head=dict(type='MMRLHead', consistency=0.5))", (0.5, 2048)),
    ("model = dict(head=dict(_delete_=True, type='MMRLHead', consistency=0.5))", (0.5, 2048)),
    ("model = dict(prompter=dict(host=dict(_delete_=True, type='RepresentationTokens', space_width=512)))", (0.01, 512)),
])  # fmt: skip
def test_only_another_type_makes_a_part_the_users_own(
    tmp_path: Path, text: str, expected: tuple[float, int]
) -> None:
    cfg = compose(_write(tmp_path, text), dataset='eurosat')
    assert _mmrl(cfg) == expected
    kept = [
        line.split(' = ')[0] for line in cfg.run.settings_log if 'kept, set by the config' in line
    ]
    assert kept == [
        key
        for key, value, published in (
            ('model.head.consistency', expected[0], 0.01),
            ('model.prompter.host.space_width', expected[1], 2048),
        )
        if value != published
    ]


def test_repeated_types_of_a_config_put_together_from_parts(tmp_path: Path) -> None:
    parts = [
        CONFIGS / '_base_' / part
        for part in (
            'models/mmrl_vit-b16.py',
            'datasets/caltech101.py',
            'schedules/mmrl_base_to_novel.py',
            'default_runtime.py',
        )
    ]
    text = "model = dict(prompter=dict(host=dict(type='RepresentationTokens')), head=dict(type='MMRLHead'))"
    assert _mmrl(compose(_write(tmp_path, text, parts), dataset='eurosat')) == (0.01, 2048)
