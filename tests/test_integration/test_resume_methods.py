"""Every method, resumed after its first epoch, ends with the bits of the run that was left alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import helpers_models as helpers
import methods
import pytest
import torch
from methods import TRAINED, Method
from mmengine.dataset import BaseDataset
from mmengine.runner import Runner
from mmpretrain.structures import DataSample
from runner_state import forget_runners

from vamp_mm.engine import load_checkpoint
from vamp_mm.engine.plain import same_plain
from vamp_mm.models import PromptedCLIPBackbone

#: Two epochs of two steps.
IMAGES, BATCH, EPOCHS = 6, 3, 2
#: What a method's config adds to the hooks of all.
HOOKS = {
    'promptsrc': dict(type='GaussianAverageHook', mean=1.5, std=1.0),
    '2sfs': dict(type='StageHook'),
}


class Images(BaseDataset):
    """Pictures in memory, under noise of the global generator, as other projects' transforms augment."""

    METAINFO = dict(classes=helpers.NAMES, templates=('a photo of a {}.',))

    def load_data_list(self) -> list[dict[str, Any]]:
        pixels = torch.randint(
            0, 200, (IMAGES, 3, 32, 32), generator=torch.Generator().manual_seed(0)
        )
        return [
            dict(pixels=pixels[i], gt_label=i % len(helpers.NAMES), img_path=f'{i}.png')
            for i in range(IMAGES)
        ]

    def prepare_data(self, idx: int) -> dict[str, Any]:
        info = self.get_data_info(idx)
        sample = DataSample(metainfo=dict(img_path=info['img_path'])).set_gt_label(info['gt_label'])
        return dict(
            inputs=(info['pixels'] + torch.randint(0, 56, (3, 32, 32))).to(torch.uint8),
            data_samples=sample,
        )


@pytest.fixture(scope='module')
def clip(tmp_path_factory) -> Iterator[PromptedCLIPBackbone]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield PromptedCLIPBackbone(**helpers.write_clip(tmp_path_factory.mktemp('clip')))
    torch.set_num_threads(threads)


@pytest.fixture(scope='module')
def images() -> Images:
    return Images(serialize_data=False)


def _train(
    clip: PromptedCLIPBackbone,
    images: Images,
    row: Method,
    work_dir: Path,
    seed: int = 0,
    resume: bool = False,
) -> dict[str, Any]:
    """Train and return the last checkpoint; the seed is that of the weights at the start."""
    staged = '2sfs' in row.title
    wrapper = 'ProjectedGradientOptimWrapper' if row.title == 'prograd' else 'OptimWrapper'
    own = HOOKS.get('2sfs' if staged else row.title)
    runner = Runner(
        model=helpers.build_method(clip, row.prompter, row.head, seed=seed, **row.arguments),
        work_dir=str(work_dir),
        train_dataloader=dict(
            dataset=images,
            batch_size=BATCH,
            num_workers=0,
            sampler=dict(type='DefaultSampler', shuffle=True),
        ),
        train_cfg=dict(type='StepTrainLoop', max_iters=4)
        if staged
        else dict(by_epoch=True, max_epochs=EPOCHS),
        optim_wrapper=dict(type=wrapper, optimizer=dict(type='AdamW', lr=1e-2)),
        param_scheduler=dict(
            type='StagedCosineLR',
            shares=(0.25, 0.75) if row.stage == 2 else (0.75, 0.25),
            by_epoch=False,
        )
        if staged
        else dict(type='WarmupCosineLR', warmup_epochs=1, warmup_lr=1e-3),
        default_hooks=dict(
            checkpoint=dict(type='SafeCheckpointHook', interval=1), logger=None, timer=None
        ),
        custom_hooks=[
            *(
                dict(type=name)
                for name in ('EpochSeedHook', 'VocabularyHook', 'ClassAwarePriorHook')
            ),
            *([own] if own else []),
        ],
        resume=resume,
        default_scope='vamp_mm',
        randomness=dict(seed=1),
        log_level='ERROR',
        experiment_name=work_dir.name,
    )
    try:
        runner.train()
    finally:
        forget_runners()
    return load_checkpoint(work_dir / f'epoch_{EPOCHS}.pth')


@pytest.mark.parametrize('row', TRAINED, ids=methods.ids)
def test_a_resumed_run_is_the_same_run(clip, images, tmp_path, row):
    whole = _train(clip, images, row, tmp_path / 'whole')
    (tmp_path / 'parts').mkdir()  # as a run leaves it that is killed in its second epoch
    shutil.copy(tmp_path / 'whole' / 'epoch_1.pth', tmp_path / 'parts')
    # the weights come from the file alone
    parts = _train(clip, images, row, tmp_path / 'parts', seed=5, resume=True)
    assert parts['state_dict'].keys() == whole['state_dict'].keys()
    for key, value in whole['state_dict'].items():
        assert torch.equal(parts['state_dict'][key], value), key
    for key in ('optimizer', 'param_schedulers'):
        assert same_plain(parts[key], whole[key]), key
    after_one = load_checkpoint(tmp_path / 'parts' / 'epoch_1.pth')['state_dict']
    moved = {key for key in after_one if not torch.equal(after_one[key], whole['state_dict'][key])}
    # there was something to learn after the stop
    assert any(key.startswith(row.modules) for key in moved)
