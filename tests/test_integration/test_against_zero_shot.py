"""A run beside zero-shot CLIP: in every test, after the training, and in what the run leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import micro as world
import pytest
import torch
from micro_runs import Finished
from mmengine.hooks import Hook

from vamp_mm import apis
from vamp_mm.evaluation import harmonic_mean

ZERO_SHOT = ('base/zero_shot_accuracy', 'novel/zero_shot_accuracy', 'zero_shot_H')


def pure(config: Path, work_dir: Path, **overrides: Any) -> dict[str, Any]:
    """The numbers of a zero-shot run: the same CLIP and data, nothing learned."""
    changes = {
        'model.prompter': dict(type='TemplatePrompter'),
        'model.head': dict(type='PromptClsHead', losses=[]),
        'train_dataloader': None,
        'train_cfg': None,
        'optim_wrapper': None,
        'param_scheduler': None,
        **overrides,
    }
    return apis.test(apis.compose(config, work_dir=str(work_dir), overrides=changes), None)


def log(work_dir: Path) -> str:
    return ''.join(path.read_text('utf-8') for path in sorted(work_dir.glob('*/*.log')))


def test_zero_shot_is_what_its_own_run_gives(
    micro: world.Micro, finished: Finished, tmp_path: Path
) -> None:
    own = pure(micro.config, tmp_path / 'pure')
    assert not set(ZERO_SHOT) & set(own)  # zero-shot CLIP is not compared with itself
    for split in ('base', 'novel'):
        assert finished.metrics[f'{split}/zero_shot_accuracy'] == own[f'{split}/accuracy']
    assert finished.metrics['zero_shot_H'] == own['H']
    assert finished.metrics['zero_shot_H'] == harmonic_mean(
        own['base/accuracy'], own['novel/accuracy']
    )


def test_the_comparison_changes_no_other_number(
    micro: world.Micro, finished: Finished, tmp_path: Path
) -> None:
    metrics = micro.train(tmp_path / 'without', {'test_cfg.zero_shot': False})
    assert metrics == {
        key: value for key, value in finished.metrics.items() if key not in ZERO_SHOT
    }
    alone = Finished.read(tmp_path / 'without')
    for key, value in alone.checkpoint['state_dict'].items():
        assert torch.equal(value, finished.checkpoint['state_dict'][key]), key
    assert alone.result['compared_with_zero_shot'] is None
    assert alone.result['config_hash'] == finished.result['config_hash']
    assert 'zero-shot' not in log(tmp_path / 'without')


def test_the_log_holds_both_numbers_and_the_steps(finished: Finished) -> None:
    text, metrics = log(finished.work_dir), finished.metrics
    for title, name, zero_shot in (
        ('base', 'base/accuracy', ZERO_SHOT[0]),
        ('novel', 'novel/accuracy', ZERO_SHOT[1]),
        ('H', 'H', ZERO_SHOT[2]),
    ):
        gain = metrics[name] - metrics[zero_shot]
        assert (
            f'{title}: zero-shot {metrics[zero_shot]:.1f} -> {metrics[name]:.1f} ({gain:+.1f})\n'
            in text
        )
    assert 'training: 3 epochs x 3 batches = 9 optimiser steps (12 images, batch size 4)\n' in text
    assert (
        '9 optimiser steps are very few (under 50), so the method may learn almost nothing: raise train_cfg.max_epochs'
        in text
    )
    assert finished.result['optimiser_steps'] == 9


def test_after_the_training_validation_images_are_compared(finished: Finished) -> None:
    compared = finished.result['compared_with_zero_shot']
    assert compared['images'] == 'validation'
    assert compared['count'] == 3 * world.SIZES['val']
    assert compared['worse'] == (compared['accuracy'] < compared['zero_shot_accuracy'])
    numbers = f'zero-shot {compared["zero_shot_accuracy"]:.1f} -> {compared["accuracy"]:.1f}'
    assert f'on 6 validation images: {numbers}' in log(finished.work_dir)


class AlwaysWrong(Hook):
    """Lets the model that is tested predict the class behind the right one."""

    def before_test(self, runner: Any) -> None:
        predict = runner.model.head.predict

        def wrong(*args: Any) -> list:
            samples = predict(*args)
            for sample in samples:
                scores = torch.zeros_like(sample.pred_score)
                scores[(int(sample.gt_label) + 1) % len(scores)] = 1
                sample.set_pred_score(scores)
            return samples

        runner.model.head.predict = wrong


@pytest.mark.parametrize('where', ['validation', 'training'])
def test_a_training_that_made_it_worse_is_said(
    micro: world.Micro, tmp_path: Path, where: str
) -> None:
    overrides: dict[str, Any] = {'train_cfg.max_epochs': 1, 'param_scheduler.warmup_epochs': 0}
    if where == 'training':  # lists without validation images
        lists = json.loads((micro.root / 'data' / 'split.json').read_text('utf-8'))
        (tmp_path / 'split.json').write_text(json.dumps({**lists, 'val': []}), 'utf-8')
        for loader in ('train_dataloader', 'test_dataloader'):
            overrides[f'{loader}.dataset.source.file'] = str(tmp_path / 'split.json')
    micro.train(tmp_path / 'run', overrides, hooks=[AlwaysWrong()])
    compared = json.loads((tmp_path / 'run' / 'result.json').read_text('utf-8'))[
        'compared_with_zero_shot'
    ]
    count = 3 * (world.SIZES['val'] if where == 'validation' else 4)
    assert compared == dict(
        images=where,
        count=count,
        accuracy=0.0,
        zero_shot_accuracy=pytest.approx(100 / 3, abs=1e-4),
        worse=True,
        likely_causes=[
            'only 3 optimiser steps (train_cfg, train_dataloader.batch_size)',
            'more layers or tokens than this CLIP takes (model.prompter.host.start=1, model.prompter.host.depth=2, '
            'model.prompter.host.num_tokens=2, model.prompter.start=1, model.prompter.depth=2)',
            'augmentation that hides what the class is (RandomResizedCrop scale=(0.5, 1.0), RandomHorizontalFlip in the '
            'training pipeline)',
        ],
    )
    words = {
        'validation': '6 validation images',
        'training': '12 training images (without augmentation; there are no validation images)',
    }[where]
    assert (
        f'WARNING - the trained model is WORSE than zero-shot CLIP, on {words}: zero-shot 33.3 -> 0.0 (-33.3). '
        'Likely causes: (1) only 3 optimiser steps'
    ) in log(tmp_path / 'run')
