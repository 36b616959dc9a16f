"""Every misspelt or unknown key is found, wherever it stands, and sound configs pass."""

from __future__ import annotations

from pathlib import Path

import pytest
import toy_apis
from mmengine.config import Config

from vamp_mm.apis import ConfigError, check_config, validate_config
from vamp_mm.config.check_files import check_files
from vamp_mm.config.overrides import apply_overrides

ROOT = Path(__file__).parents[2]
CONFIGS = [path for path in sorted((ROOT / 'configs').rglob('*.py')) if '_base_' not in path.parts]
VAMP = ROOT / 'configs' / 'vamp' / 'vamp_mmrl_icons.py'

#: Place (dotted, '' for the top level), wrong key, and what the message must suggest.
MISSPELT = [
    ('', 'modell', "'model'"),
    ('train_dataloader', 'batch_sise', "'batch_size'"),
    ('train_dataloader.dataset', 'shotz', "'shots'"),
    ('train_dataloader.dataset.pipeline.1', 'sized', "'size'"),
    ('train_dataloader.sampler', 'shufle', "'shuffle'"),
    ('test_evaluator.0', 'topp', "'topk'"),
    ('test_cfg', 'split', "'splits'"),
    ('test_cfg.splits.base', 'dataste', "'dataset'"),
    ('test_cfg.splits.novel.dataset', 'class_spilt', "'class_split'"),
    ('train_cfg', 'max_epoch', "'max_epochs'"),
    ('optim_wrapper', 'optimiser', "'optimizer'"),
    ('optim_wrapper.optimizer', 'weight_decai', "'weight_decay'"),
    ('param_scheduler', 'warmup_epoch', "'warmup_epochs'"),
    ('model', 'prompt', "'prompter'"),
    ('model.backbone', 'pretrainedd', "'pretrained'"),
    ('model.prompter', 'test_sample', "'test_samples'"),
    ('model.prompter.host', 'num_token', "'num_tokens'"),
    ('model.head.kl', 'wieght', "'weight'"),
    ('default_hooks', 'chekpoint', "'checkpoint'"),
    ('default_hooks.logger', 'intervall', "'interval'"),
    ('custom_hooks.1', 'template', "'templates'"),
    ('env_cfg', 'cudnn_bench', "'cudnn_benchmark'"),
    ('env_cfg.mp_cfg', 'mp_start', "'mp_start_method'"),
    ('env_cfg.dist_cfg', 'backed', "'backend'"),
    ('randomness', 'sead', "'seed'"),
    ('visualizer', 'nam', "'name'"),
    ('log_processor', 'windowsize', "'window_size'"),
]


def _at(cfg: Config, place: str):
    node = cfg
    for part in filter(None, place.split('.')):
        node = node[int(part) if part.isdigit() else part]
    return node


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_config_of_the_project_is_sound(path: Path) -> None:
    assert check_config(Config.fromfile(path)) == []


@pytest.mark.parametrize(('place', 'key', 'suggestion'), MISSPELT)
def test_misspelt_key_is_found_at_its_place(place: str, key: str, suggestion: str) -> None:
    cfg = Config.fromfile(VAMP)
    _at(cfg, place)[key] = 1
    problems = [problem for problem in check_config(cfg) if repr(key) in problem]
    assert len(problems) == 1
    assert problems[0].startswith(place or 'the config')
    assert suggestion in problems[0]


@pytest.mark.parametrize(
    ('place', 'wrong', 'suggestion'),
    [
        ('model', 'PromptedClassifer', "'PromptedClassifier'"),
        ('model.head', 'VampHead', "'VaMPHead'"),
        ('train_dataloader.dataset', 'FewShotDatset', "'FewShotDataset'"),
        ('train_dataloader.dataset.pipeline.0', 'LoadRgbImage', "'LoadRGBImage'"),
        (
            'train_dataloader.dataset.pipeline.1',
            'mmpretrain.torchvision/RandomCropp',
            "'mmpretrain.torchvision/RandomCrop'",
        ),
        ('custom_hooks.2', 'ClassAwareHook', "'ClassAwarePriorHook'"),
        ('optim_wrapper.optimizer', 'AdaDelta', "'Adadelta'"),
    ],
)
def test_unknown_type_is_found(place: str, wrong: str, suggestion: str) -> None:
    cfg = Config.fromfile(VAMP)
    _at(cfg, place)['type'] = wrong
    problems = [problem for problem in check_config(cfg) if repr(wrong) in problem]
    assert len(problems) == 1
    assert problems[0].startswith(f'{place}.type')
    assert suggestion in problems[0]


def test_keys_inside_a_source_are_checked() -> None:
    cfg = Config.fromfile(VAMP)
    cfg.train_dataloader.dataset.source = dict(type='SplitFile', fil='split.json')
    text = '\n'.join(check_config(cfg))
    assert "train_dataloader.dataset.source: unknown key 'fil' of SplitFile" in text
    assert "train_dataloader.dataset.source: SplitFile needs the key 'file'" in text


def test_missing_keys_are_found() -> None:
    cfg = Config.fromfile(VAMP)
    del cfg.train_dataloader.dataset['source']
    del cfg.train_dataloader['sampler']
    del cfg.optim_wrapper['optimizer']
    del cfg.test_cfg.splits.base['seen']
    text = '\n'.join(check_config(cfg))
    for place, key in (
        ('train_dataloader.dataset', 'source'),
        ('train_dataloader', 'sampler'),
        ('optim_wrapper', 'optimizer'),
        ('test_cfg.splits.base', 'seen'),
    ):
        assert any(
            line.startswith(f'{place}:')
            and f"needs the key '{key}'" in line
            or line.startswith(f'{place}:')
            and repr(key) in line
            for line in text.splitlines()
        ), (place, key)


def test_all_problems_are_reported_at_once() -> None:
    cfg = Config.fromfile(VAMP)
    cfg.modell = 1
    cfg.randomness.sead = 1
    cfg.model.head.alfa = 1
    with pytest.raises(ConfigError) as caught:
        validate_config(cfg)
    assert len(caught.value.problems) == 3
    assert str(VAMP) in str(caught.value)


def _in_mmpretrains_scope() -> Config:
    """A pipeline of mmpretrain with our model: only the model and the import are ours."""
    model = Config.fromfile(VAMP).model
    return Config(
        dict(
            default_scope='mmpretrain',
            custom_imports=dict(imports=['vamp_mm']),
            model={**model, 'type': 'vamp_mm.PromptedClassifier'},
            custom_hooks=[
                dict(type='vamp_mm.VocabularyHook'),
                dict(type='vamp_mm.ClassAwarePriorHook'),
            ],
            train_dataloader=dict(
                batch_size=4,
                num_workers=0,
                sampler=dict(type='DefaultSampler', shuffle=True),
                collate_fn=dict(type='default_collate'),
                dataset=dict(
                    type='CustomDataset',
                    data_root='somewhere',
                    pipeline=[
                        dict(type='LoadImageFromFile'),
                        dict(type='RandomResizedCrop', scale=64),
                        dict(type='PackInputs'),
                    ],
                ),
            ),
            train_cfg=dict(by_epoch=True, max_epochs=1),
            optim_wrapper=dict(optimizer=dict(type='AdamW', lr=1e-3), clip_grad=dict(max_norm=1.0)),
            visualizer=dict(
                type='UniversalVisualizer', vis_backends=[dict(type='LocalVisBackend')]
            ),
        )
    )


def test_mmpretrain_config_with_our_model_is_sound() -> None:
    cfg = _in_mmpretrains_scope()
    assert check_config(cfg) == []
    apply_overrides(cfg, {'model.prompter.test_samples': 4, 'model.head.kl.free_nats': 0.5})
    assert check_config(cfg) == []


def test_scope_of_the_pipeline_still_counts_outside_the_model() -> None:
    cfg = _in_mmpretrains_scope()
    cfg.custom_hooks[0].type = 'VocabularyHook'
    cfg.model.prompter.type = 'VariationalPrompte'
    problems = check_config(cfg)
    assert len(problems) == 2
    assert any("did you mean 'vamp_mm.VocabularyHook'" in problem for problem in problems)
    assert any("did you mean 'VariationalPrompter'" in problem for problem in problems)


def test_files_are_counted_and_named(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    good = toy_apis.write_config(tmp_path, name='good.py')
    bad = toy_apis.write_config(tmp_path, 'modell = 1\n', name='bad.py')
    broken = tmp_path / 'broken.py'
    broken.write_text('a = (', encoding='utf-8')
    assert check_files([good, bad, broken, tmp_path / 'gone.py']) == 3
    out = capsys.readouterr().out
    assert f'ok     {good}' in out
    assert "unknown key 'modell'" in out
    assert 'cannot be read' in out
    assert 'no such file' in out


def test_override_of_a_key_that_exists_or_could() -> None:
    cfg = Config.fromfile(VAMP)
    apply_overrides(
        cfg,
        {
            'train_cfg.max_epochs': 3,
            'custom_hooks.1.templates': ['a {}.'],
            'optim_wrapper.optimizer.eps': 1e-6,
            'model.head.kl.weight': 0.5,
            'train_dataloader.dataset.pipeline.1.scale': [0.3, 1.0],
        },
    )
    assert cfg.train_cfg.max_epochs == 3
    assert cfg.custom_hooks[1].templates == ['a {}.']
    assert cfg.optim_wrapper.optimizer.eps == 1e-6
    assert cfg.train_dataloader.dataset.pipeline[1].scale == [0.3, 1.0]
    assert check_config(cfg) == []


@pytest.mark.parametrize(
    ('key', 'value', 'message'),
    [
        ('modell', 1, "did you mean 'model'"),
        ('model.head.alfa', 1, "model.head has no key 'alfa'"),
        ('model.haed.alpha', 1, "did you mean 'head'"),
        ('train_dataloader.dataset.shotz', 4, "did you mean 'shots'"),
        ('train_dataloader.dataset.shots.more', 4, 'is 16, not a dict'),
        ('custom_hooks.99.templates', 4, 'is a list of'),
        ('custom_hooks.first', 4, 'is a list of'),
        ('optim_wrapper.optimizer', 'SGD', 'a dict; it cannot become'),
        ('train_cfg.max_epochs', 'many', 'a number; it cannot become'),
        ('model.backbone.arch', 3, 'a word; it cannot become'),
    ],
)
def test_override_that_nothing_reads_is_refused(key: str, value: object, message: str) -> None:
    cfg = Config.fromfile(VAMP)
    before = cfg.pretty_text
    with pytest.raises(ConfigError) as caught:
        apply_overrides(cfg, {key: value})
    assert message in str(caught.value)
    assert cfg.pretty_text == before


def test_name_that_stands_for_a_component_may_become_the_component() -> None:
    cfg = Config.fromfile(VAMP)
    source = dict(type='SplitFile', file='split.json')
    apply_overrides(cfg, {'test_dataloader.dataset.source': source})
    assert (cfg.test_dataloader.dataset.source, cfg.train_dataloader.dataset.source) == (
        source,
        'icons',
    )
    assert check_config(cfg) == []
    apply_overrides(
        cfg, {'test_dataloader.dataset.source': dict(type='SplitFile', fyle='split.json')}
    )
    assert "did you mean 'file'" in str(check_config(cfg))


@pytest.mark.parametrize(
    ('clip', 'problems'),
    [
        (dict(type='value', clip_value=1.0), []),
        (dict(type='norm', max_norm=1.0, norm_type='inf'), []),
        (
            dict(type='norn', max_norm=1.0),
            ["optim_wrapper.clip_grad.type='norn' must be one of 'norm', 'value'"],
        ),
        (dict(max_norm=-1), ['optim_wrapper.clip_grad.max_norm=-1 must be a number above 0']),
        (5, ['optim_wrapper.clip_grad=5 must be a dict or None']),
    ],
)
def test_the_words_of_gradient_clipping(clip: object, problems: list[str]) -> None:
    cfg = Config.fromfile(ROOT / 'configs' / 'coop' / 'coop_icons.py')
    cfg.optim_wrapper.clip_grad = clip
    assert check_config(cfg) == problems
