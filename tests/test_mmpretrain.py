"""An mmpretrain pipeline trains VaMP, and the backbone serves mmpretrain's own classifier.

The configs are written as mmpretrain's own are: its dataset class, transforms, metric, default hooks, a
``data_preprocessor`` of ImageNet statistics at top level, and ``default_scope='mmpretrain'``. What a user adds is
``custom_imports``, the model dict and two hooks.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path

import helpers_models as helpers
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from PIL import Image

COLOURS = {'cat': (220, 30, 30), 'golden_retriever': (30, 200, 30), 'zebra': (30, 30, 220)}


@pytest.fixture(scope='module', autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope='module')
def folder(tmp_path_factory) -> Path:
    """``train/<class>/*.png`` and ``val/<class>/*.png``: noisy squares of one colour a class."""
    root, rng = tmp_path_factory.mktemp('images'), np.random.default_rng(0)
    for split, count in (('train', 4), ('val', 2)):
        for name, colour in COLOURS.items():
            (root / split / name).mkdir(parents=True)
            for index in range(count):
                pixels = np.clip(np.array(colour) + rng.normal(0, 30, (40, 40, 3)), 0, 255).astype(
                    np.uint8
                )
                Image.fromarray(pixels).save(root / split / name / f'{index}.png')
    return root


@pytest.fixture(scope='module')
def clip(tmp_path_factory) -> dict[str, str]:
    """Files of a small CLIP."""
    return helpers.write_clip(tmp_path_factory.mktemp('clip'))


def _loader(folder: Path, split: str, pipeline: list[dict], shuffle: bool) -> dict:
    return dict(
        batch_size=4,
        num_workers=0,
        dataset=dict(type='CustomDataset', data_prefix=str(folder / split), pipeline=pipeline),
        sampler=dict(type='DefaultSampler', shuffle=shuffle),
        collate_fn=dict(type='default_collate'),
    )


def _config(folder: Path, work_dir: Path, model: dict, **added) -> Config:
    train = [
        dict(type='LoadImageFromFile'),
        dict(type='RandomResizedCrop', scale=32),
        dict(type='RandomFlip', prob=0.5, direction='horizontal'),
        dict(type='PackInputs'),
    ]
    test = [dict(type='LoadImageFromFile'), dict(type='Resize', scale=32), dict(type='PackInputs')]
    return Config(
        dict(
            default_scope='mmpretrain',
            model=model,
            data_preprocessor=dict(
                num_classes=3,
                mean=[123.675, 116.28, 103.53],
                std=[58.395, 57.12, 57.375],
                to_rgb=True,
            ),
            train_dataloader=_loader(folder, 'train', train, shuffle=True),
            val_dataloader=_loader(folder, 'val', test, shuffle=False),
            test_dataloader=_loader(folder, 'val', test, shuffle=False),
            val_evaluator=dict(type='Accuracy', topk=(1,)),
            test_evaluator=dict(type='Accuracy', topk=(1,)),
            train_cfg=dict(by_epoch=True, max_epochs=1, val_interval=1),
            val_cfg=dict(),
            test_cfg=dict(),
            optim_wrapper=dict(optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.01)),
            param_scheduler=dict(type='CosineAnnealingLR', by_epoch=True, T_max=1),
            auto_scale_lr=dict(base_batch_size=4),
            default_hooks=dict(
                timer=dict(type='IterTimerHook'),
                logger=dict(type='LoggerHook', interval=1),
                param_scheduler=dict(type='ParamSchedulerHook'),
                checkpoint=dict(type='CheckpointHook', interval=1),
                sampler_seed=dict(type='DistSamplerSeedHook'),
                visualization=dict(type='VisualizationHook', enable=False),
            ),
            env_cfg=dict(
                cudnn_benchmark=False, mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0)
            ),
            vis_backends=[dict(type='LocalVisBackend')],
            visualizer=dict(
                type='UniversalVisualizer', vis_backends=[dict(type='LocalVisBackend')]
            ),
            log_level='INFO',
            load_from=None,
            resume=False,
            randomness=dict(seed=0, deterministic=False),
            work_dir=str(work_dir),
            experiment_name=work_dir.name,
            **added,
        )
    )


def _scalars(work_dir: Path) -> list[dict]:
    (file,) = work_dir.glob('*/vis_data/scalars.json')
    return [json.loads(line) for line in file.read_text().splitlines()]


VAMP = dict(
    type='vamp_mm.PromptedClassifier',
    prompter=dict(
        type='VariationalPrompter',
        host=dict(type='RepresentationTokens', start=1, depth=2, num_tokens=2, space_width=16),
        start=2,
        depth=2,
        hidden=6,
    ),
    head=dict(type='VaMPHead', logit_scale=20.0),
)
ADDED = dict(
    custom_imports=dict(imports=['vamp_mm'], allow_failed_imports=False),
    custom_hooks=[dict(type='vamp_mm.VocabularyHook'), dict(type='vamp_mm.ClassAwarePriorHook')],
)


@pytest.fixture(scope='module')
def trained(folder, clip, tmp_path_factory):
    """One epoch of VaMP in mmpretrain's Runner: the runner, its work directory and the frozen weights from before."""
    work_dir = tmp_path_factory.mktemp('vamp')
    model = dict(copy.deepcopy(VAMP), backbone=dict(type='PromptedCLIPBackbone', **clip))
    runner = Runner.from_cfg(_config(folder, work_dir, model, **copy.deepcopy(ADDED)))
    before = {name: value.clone() for name, value in runner.model.named_parameters()}
    runner.train()
    return runner, work_dir, before


def test_one_epoch_of_vamp_in_mmpretrains_runner(trained):
    runner, work_dir, _ = trained
    assert runner.epoch == 1
    assert runner.iter == 3
    rows = _scalars(work_dir)
    steps = [row for row in rows if 'loss' in row]
    assert len(steps) == 3
    for name in (
        'loss_ce_class',
        'loss_ce_rep',
        'loss_image_consistency',
        'loss_text_consistency',
        'loss_kl',
        'metric_accuracy',
    ):
        assert all(np.isfinite(row[name]) for row in steps), name
    assert [row['accuracy/top1'] for row in rows if 'accuracy/top1' in row]
    total = sum(steps[0][name] for name in steps[0] if name.startswith('loss_'))
    assert steps[0]['loss'] == pytest.approx(total, rel=1e-5)  # what is watched is not summed


def test_the_hooks_gave_names_and_prototypes(trained):
    model = trained[0].model
    assert model.vocabulary.names == ('cat', 'golden_retriever', 'zebra')
    assert model.vocabulary.sentences[0][1] == 'a photo of a golden retriever.'
    assert model.prompter.num_prototypes == 3


def test_only_what_is_trained_moved(trained):
    runner, _, before = trained
    for name, value in runner.model.named_parameters():
        assert torch.equal(value, before[name]) == name.startswith('backbone'), name


def test_statistics_are_those_of_the_weights_and_channels_those_of_the_config(trained):
    """mmpretrain's top-level preprocessor brings ImageNet statistics and BGR images."""
    preprocessor = trained[0].model.data_preprocessor
    assert preprocessor.to_rgb
    torch.testing.assert_close(
        preprocessor.mean.flatten(), 255 * torch.tensor([0.48145466, 0.4578275, 0.40821073])
    )
    image = torch.zeros(3, 2, 2, dtype=torch.uint8)
    image[0] = 255  # the first channel of a BGR image is blue, the last of an RGB one
    out = preprocessor(dict(inputs=[image]))['inputs'][0]
    assert float(out[2].min()) > float(out[0].max())


def test_the_checkpoint_holds_what_is_trained_and_prototypes(trained):
    runner, work_dir, _ = trained
    stored = torch.load(work_dir / 'epoch_1.pth', weights_only=False)['state_dict']
    assert not [name for name in stored if name.startswith('backbone')]
    assert stored['prompter.prototypes'].shape == (3, 40)
    assert set(stored) == set(runner.model.state_dict())


def test_a_saved_model_is_tested_by_mmpretrains_test_loop(trained, folder, clip, tmp_path):
    runner, _, _ = trained
    expected = runner.test()
    model = dict(copy.deepcopy(VAMP), backbone=dict(type='PromptedCLIPBackbone', **clip))
    fresh = Runner.from_cfg(_config(folder, tmp_path, model, **copy.deepcopy(ADDED)))
    fresh.model.load_state_dict(runner.model.state_dict(), strict=True)
    assert fresh.test() == expected
    images = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        assert torch.equal(fresh.model(images, mode='tensor'), runner.model(images, mode='tensor'))


def test_the_backbone_serves_mmpretrains_classifier(folder, clip, tmp_path):
    model = dict(
        type='ImageClassifier',
        backbone=dict(type='vamp_mm.PromptedCLIPBackbone', **clip),
        head=dict(
            type='LinearClsHead', num_classes=3, in_channels=40, loss=dict(type='CrossEntropyLoss')
        ),
    )
    runner = Runner.from_cfg(
        _config(
            folder,
            tmp_path,
            model,
            custom_imports=dict(imports=['vamp_mm'], allow_failed_imports=False),
        )
    )
    before = {name: value.clone() for name, value in runner.model.named_parameters()}
    runner.train()
    assert not any(module.training for module in runner.model.backbone.modules())
    for name, value in runner.model.named_parameters():
        moved = not torch.equal(value, before[name])
        if name.startswith('backbone'):
            assert not moved, name
    assert (
        not torch.equal(runner.model.head.fc.weight, before['head.fc.weight']) or runner.iter == 0
    )
    stored = torch.load(tmp_path / 'epoch_1.pth', weights_only=False)['state_dict']
    assert sorted(stored) == ['head.fc.bias', 'head.fc.weight']
    rows = _scalars(tmp_path)
    assert [row['accuracy/top1'] for row in rows if 'accuracy/top1' in row]
    images = torch.rand(2, 3, 32, 32)
    (feature,) = runner.model.extract_feat(images)
    assert torch.equal(feature, runner.model.backbone.encode_image(images).pooled[0])


def test_training_resumes_with_the_safe_checkpoint_hook(folder, clip, tmp_path):
    """Torch refuses MMEngine's own checkpoint files from 2.6 on; ours hold plain data and load."""
    states = []
    for epochs in (1, 2):
        model = dict(copy.deepcopy(VAMP), backbone=dict(type='PromptedCLIPBackbone', **clip))
        config = _config(folder, tmp_path, model, **copy.deepcopy(ADDED))
        config.default_hooks.checkpoint = dict(type='vamp_mm.SafeCheckpointHook', interval=1)
        config.train_cfg.max_epochs = epochs
        config.resume = epochs == 2
        config.experiment_name = f'resumed_{epochs}'
        runner = Runner.from_cfg(config)
        runner.train()
        assert runner.iter == 3 * epochs
        states.append(copy.deepcopy(runner.model.state_dict()))
    # noise goes on where it was
    assert [int(state['prompter.noise_step']) for state in states] == [3, 6]
    # and they are not computed anew
    assert torch.equal(states[0]['prompter.prototypes'], states[1]['prompter.prototypes'])
