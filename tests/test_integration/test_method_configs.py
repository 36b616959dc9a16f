"""The methods' own configs on the micro world: schedules, hooks, samplers and resuming work together."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import micro as world
import pytest
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from runner_state import forget_runners

from vamp_mm import apis
from vamp_mm.engine import gaussian_weights

CONFIG = """\
_base_ = ['{leaf}']
model = dict(
    backbone=dict(arch='{root}/arch.json', pretrained='{root}/weights.safetensors'), **{model})
data = dict(type='FewShotDataset', data_root='{root}/data', source=dict(type='SplitFile', file='split.json', image_folder='images'), _delete_=True)
train_dataloader = dict(
    batch_size=4, num_workers=0, persistent_workers=False,
    dataset=dict(split='train', shots=4, seed=1, class_split='base', **data, pipeline=[
        dict(type='LoadRGBImage'),
        dict(type='mmpretrain.torchvision/RandomResizedCrop', size=32, scale=(0.5, 1.0), interpolation='bicubic'),
        dict(type='mmpretrain.PackInputs')]))
test_dataloader = dict(
    batch_size=12, num_workers=0, dataset=dict(split='test', **data, pipeline=[
        dict(type='LoadRGBImage'),
        dict(type='mmpretrain.torchvision/Resize', size=32, interpolation='bicubic'),
        dict(type='mmpretrain.torchvision/CenterCrop', size=32),
        dict(type='mmpretrain.PackInputs')]))
del data
"""
#: Config -> what has to be smaller for towers of three blocks.
LEAVES: dict[str, str] = {
    'vpt/vpt_deep_icons': 'dict(prompter=dict(vision_depth=3, vision_tokens=2))',
    'ivlp/ivlp_icons': 'dict(prompter=dict(vision_depth=3, text_depth=3))',
    'maple/maple_icons': 'dict(prompter=dict(host=dict(depth=2), depth=2))',
    'promptsrc/promptsrc_icons': "dict(prompter=dict(vision_depth=2, text_depth=2), teacher=dict(templates=['art of a {}.']))",
    'mma/mma_icons': 'dict(prompter=dict(adapter=dict(start=1, depth=2)))',
    'mmrl/mmrl_icons': 'dict(prompter=dict(host=dict(start=1, depth=2, space_width=24), start=1, depth=2))',
    'mmrlpp/mmrlpp_icons': 'dict(prompter=dict(host=dict(start=1, depth=2, space_width=24), start=1, depth=2))',
    'twosfs/twosfs_icons': 'dict()',
    'skipt/skipt_icons': 'dict(prompter=dict(adapter=dict(vision_start=1, text_start=1)))',
}


class Watch(Hook):
    """Keeps the weights after each epoch, and the learning rates and labels of each step."""

    def __init__(self) -> None:
        self.weights: list[dict[str, torch.Tensor]] = []
        self.rates: list[list[float]] = []
        self.labels: list[list[int]] = []

    priority = 'VERY_HIGH'

    def after_train_epoch(self, runner: Runner) -> None:
        self.weights.append(
            {
                name: value.detach().clone()
                for name, value in runner.model.named_parameters()
                if value.requires_grad
            }
        )

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        self.rates.append([group['lr'] for group in runner.optim_wrapper.optimizer.param_groups])
        self.labels.append([int(sample.gt_label) for sample in data_batch['data_samples']])


def _train(
    micro: world.Micro,
    folder: Path,
    leaf: str,
    steps: dict[str, Any],
    resume: bool = False,
    hooks: tuple[Hook, ...] = (),
) -> dict[str, Any]:
    file = micro.root / f'{leaf.replace("/", "_")}.py'
    if not file.is_file():
        file.write_text(
            CONFIG.format(
                leaf=(world.ROOT / 'configs' / f'{leaf}.py').as_posix(),
                root=micro.root.as_posix(),
                model=LEAVES[leaf],
            ),
            encoding='utf-8',
        )
    cfg = apis.compose(
        file, work_dir=str(folder), overrides={'model.head.logit_scale': 20.0, **steps}
    )
    try:
        return apis.train(cfg, resume, hooks)
    finally:
        forget_runners()


def _epochs(count: int) -> dict[str, Any]:
    return {'train_cfg.max_epochs': count}


def _state(folder: Path, name: str) -> dict[str, torch.Tensor]:
    return torch.load(folder / name, weights_only=True)['state_dict']


@pytest.mark.parametrize(
    'leaf', [leaf for leaf in LEAVES if not leaf.startswith(('promptsrc', 'twosfs', 'skipt'))]
)
def test_a_method_trains_and_answers(micro, tmp_path, leaf):
    watch = Watch()
    metrics = _train(micro, tmp_path / 'run', leaf, _epochs(2), hooks=(watch,))
    assert 0 <= metrics['base/accuracy'] <= 100
    assert {'novel/accuracy', 'H'} <= set(metrics)
    (log,) = (tmp_path / 'run').rglob('*.log')
    # where settings come from
    assert 'train_cfg.max_epochs = 2: --cfg-options (published: ' in log.read_text('utf-8')
    first, last = watch.weights
    assert first.keys() == last.keys()
    # nothing rests in the second epoch
    assert all(not torch.equal(first[name], last[name]) for name in first)


def test_promptsrc_ends_at_the_average_of_its_epochs_also_when_it_was_stopped(micro, tmp_path):
    leaf, settings = 'promptsrc/promptsrc_icons', {**_epochs(3), 'custom_hooks.6.mean': 2.0}
    watch = Watch()
    _train(micro, tmp_path / 'run', leaf, settings, hooks=(watch,))
    weights = gaussian_weights(3, 2.0, 1.0)
    final = _state(tmp_path / 'run', 'epoch_3.pth')
    for name, value in final.items():
        mean = sum(w * epoch[name] for w, epoch in zip(weights, watch.weights))
        torch.testing.assert_close(value, mean, rtol=0, atol=1e-7)
        assert not torch.equal(value, watch.weights[-1][name])
    shutil.copytree(tmp_path / 'run', tmp_path / 'again')
    for name in ('epoch_3.pth', 'last_checkpoint', 'result.json'):
        (tmp_path / 'again' / name).unlink()
    _train(micro, tmp_path / 'again', leaf, settings, resume=True)
    for name, value in _state(tmp_path / 'again', 'epoch_3.pth').items():
        assert torch.equal(value, final[name]), name


def test_2sfs_goes_through_both_stages_with_a_schedule_of_its_own_in_each(micro, tmp_path):
    leaf = 'twosfs/twosfs_icons'
    settings = {
        'train_cfg.max_iters': 10,
        'default_hooks.checkpoint.by_epoch': False,
        'default_hooks.checkpoint.interval': 1,
        'default_hooks.checkpoint.max_keep_ckpts': -1,
    }
    watch = Watch()
    metrics = _train(micro, tmp_path / 'run', leaf, settings, hooks=(watch,))
    assert 'novel/accuracy' in metrics
    states = [_state(tmp_path / 'run', f'iter_{step}.pth') for step in range(1, 11)]
    assert [int(state['prompter.stage']) for state in states] == [1] * 6 + [2] * 4
    norms = [name for name in states[0] if name.startswith('prompter.adapter.')]
    assert all(not torch.equal(states[0][name], states[5][name]) for name in norms)
    assert all(torch.equal(states[5][name], states[9][name]) for name in norms)
    assert states[5]['prompter.classifier'].shape[0] == 0
    assert states[9]['prompter.classifier'].shape[0] == 3
    assert not torch.equal(states[6]['prompter.classifier'], states[9]['prompter.classifier'])
    rates = [rate for (rate,) in watch.rates]
    assert rates[0] == rates[6] == pytest.approx(2e-4)
    for stage in (rates[:6], rates[6:]):
        expected = torch.optim.lr_scheduler.CosineAnnealingLR(
            torch.optim.SGD([torch.zeros(1)], lr=2e-4), len(stage), eta_min=1e-6
        )
        for rate in stage:
            assert rate == pytest.approx(expected.get_last_lr()[0], abs=1e-12)
            expected.optimizer.step()
            expected.step()


def test_skipt_takes_batches_of_one_class_and_a_rate_for_each_tower(micro, tmp_path):
    watch = Watch()
    metrics = _train(micro, tmp_path / 'run', 'skipt/skipt_icons', _epochs(2), hooks=(watch,))
    assert 'novel/accuracy' in metrics
    assert len(watch.labels) == 6
    assert all(len(set(labels)) == 1 and len(labels) == 4 for labels in watch.labels)
    assert sorted(labels[0] for labels in watch.labels[:3]) == [0, 1, 2]
    assert watch.rates[3] == pytest.approx([5e-6, 2e-5])
