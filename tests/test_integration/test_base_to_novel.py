"""Train on base classes, test on base and novel ones: what one run leaves behind."""

from __future__ import annotations

import json
import math
from pathlib import Path

import micro as world
import pytest
import torch
from micro_processes import run
from micro_runs import Finished
from mmengine.hooks import Hook
from mmengine.runner import Runner

from vamp_mm import apis
from vamp_mm.evaluation import harmonic_mean
from vamp_mm.structures import Vocabulary

LOSSES = {
    'loss_ce_class',
    'loss_ce_rep',
    'loss_image_consistency',
    'loss_text_consistency',
    'loss_kl',
}


class Watch(Hook):
    """Keeps the vocabulary around the test, and the probabilities of every test image."""

    def __init__(self) -> None:
        self.before: Vocabulary | None = None
        self.runner: Runner | None = None
        self.scores: dict[str, torch.Tensor] = {}

    def before_test(self, runner: Runner) -> None:
        self.before, self.runner = runner.model.vocabulary, runner

    def after_test_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict, outputs: list
    ) -> None:
        self.scores.update({sample.img_path: sample.pred_score.clone() for sample in outputs})


def test_metrics_of_both_splits_and_their_mean(finished: Finished) -> None:
    metrics = finished.metrics
    for split in ('base', 'novel'):
        right = metrics[f'{split}/accuracy'] / 100 * 12  # 3 classes x 4 test images
        assert right == pytest.approx(round(right), abs=1e-4)  # a percentage in float32
        assert 0 <= metrics[f'{split}/ece'] <= 1
        assert (
            0
            < metrics[f'{split}/mutual_information']
            < metrics[f'{split}/predictive_entropy']
            <= math.log(3)
        )
    assert metrics['H'] == harmonic_mean(metrics['base/accuracy'], metrics['novel/accuracy'])
    assert metrics['H'] > 0, (
        'all images of a split are wrong: the tests that compare H could not fail'
    )


def test_record_of_the_run(finished: Finished) -> None:
    result = finished.result
    assert result['epochs'] == world.EPOCHS
    assert result['seed'] == 1
    assert set(result['curves']) == {'base', 'novel'}
    for curves in result['curves'].values():
        assert sum(curves['reliability']['count']) == 12
        assert len(curves['risk_coverage']['risk']) == 20
    for key in (
        'seconds',
        'seconds_per_epoch',
        'train_images_per_second',
        'test_images_per_second',
        'peak_memory_mb',
    ):
        assert result[key] > 0, key
    trained = [
        value
        for key, value in finished.checkpoint['state_dict'].items()
        if not key.endswith(('prototypes', 'step', 'noise_seed'))
    ]
    assert result['trainable_parameters'] == sum(value.numel() for value in trained)


def test_every_loss_term_is_logged_at_every_step(finished: Finished) -> None:
    steps = [line for line in world.scalars(finished.work_dir) if 'loss' in line]
    assert [line['step'] for line in steps] == list(range(1, world.EPOCHS * world.STEPS + 1))
    for line in steps:
        assert {key for key in line if key.startswith('loss_')} == LOSSES
        # seven float32 numbers of order 1 are added up
        assert line['loss'] == pytest.approx(sum(line[key] for key in LOSSES), abs=1e-5)
        assert 0 <= line['metric_accuracy'] <= 100
    log = sorted(finished.work_dir.glob('*/*.log'))[0].read_text(encoding='utf-8')
    for word in ('images/s', 'peak memory', 'base/accuracy', 'novel/accuracy', 'loss_kl'):
        assert word in log, word


def test_the_last_epoch_is_what_was_tested(
    finished: Finished, micro: world.Micro, tmp_path: Path
) -> None:
    assert micro.test(finished.file, tmp_path / 'last') == finished.metrics
    earlier = micro.test(finished.work_dir / 'epoch_2.pth', tmp_path / 'earlier')
    assert earlier['base/nll'] != finished.metrics['base/nll']


def test_command_repeats_the_numbers_in_a_new_process(
    finished: Finished, micro: world.Micro, tmp_path: Path
) -> None:
    done = run('tools/test.py', micro.config, finished.file, '--work-dir', tmp_path / 'test')
    assert done.returncode == 0, done.stderr[-3000:]
    results = [
        json.loads(path.read_text(encoding='utf-8'))
        for path in (tmp_path / 'test').glob('*/result.json')
    ]
    assert [result['metrics'] for result in results] == [finished.metrics]


def test_checkpoint_holds_what_is_trained_and_no_clip(
    finished: Finished, micro: world.Micro
) -> None:
    state = finished.checkpoint['state_dict']  # read by a bare torch.load(weights_only=True)
    assert {key.split('.')[0] for key in state} == {'prompter', 'head'}
    assert all(bool(torch.isfinite(value).all()) for value in state.values())
    assert state['prompter.prototypes'].shape == (3, world.CLIP['embed_dim'])
    assert int(state['prompter.noise_step']) == world.EPOCHS * world.STEPS
    # weights and AdamW's two moments in float32; the rest is the run's history and the zip's own
    numbers = 3 * finished.result['trainable_parameters'] * 4
    assert numbers < finished.file.stat().st_size < numbers + 100_000
    assert finished.file.stat().st_size < (micro.root / 'weights.safetensors').stat().st_size / 20
    kept = sorted(path.name for path in finished.work_dir.glob('*.pth'))
    assert kept == ['epoch_2.pth', 'epoch_3.pth']


def test_the_final_test_knows_nothing_of_the_training_but_its_checkpoint(
    micro: world.Micro, tmp_path: Path
) -> None:
    watch = Watch()
    micro.train(tmp_path / 'run', {'train_cfg.max_epochs': 1}, hooks=[watch])
    assert watch.before is None  # a new model, without the class names of the training
    assert len(watch.scores) == 24  # all test images of both splits


def test_base_predictions_do_not_know_of_novel(
    finished: Finished, micro: world.Micro, tmp_path: Path
) -> None:
    base, novel = (
        dict(seen=name == 'base', dataset=dict(class_split=name)) for name in ('base', 'novel')
    )
    seen = []
    for name, splits in (('alone', dict(base=base)), ('after', dict(novel=novel, base=base))):
        cfg = apis.compose(micro.config, work_dir=str(tmp_path / name))
        del cfg.test_cfg['splits']
        cfg.test_cfg['splits'] = splits
        watch = Watch()
        metrics = apis.test(cfg, finished.file, [watch])
        for key in (key for key in finished.metrics if key.startswith('base/')):
            assert metrics[key] == finished.metrics[key], key
        seen.append(watch.scores)
    assert len(seen[0]) == 12
    for path, scores in seen[0].items():
        torch.testing.assert_close(seen[1][path], scores, rtol=0, atol=0)
