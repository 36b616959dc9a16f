"""A model of two tensors, a dataset of numbers and a Runner around them.

Run as a script it trains in the work directory given, resuming if that holds a checkpoint.
"""

from __future__ import annotations

import argparse
import itertools
import time
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.model import BaseDataPreprocessor, BaseModel
from mmengine.runner import Runner
from mmengine.structures import BaseDataElement
from torch import nn
from torch.nn import functional

import vamp_mm.engine
import vamp_mm.files.atomic
from vamp_mm.registry import DATASETS, HOOKS, METRICS, MODELS, TRANSFORMS

NAMES = ('cat', 'dog', 'owl')
PIXELS = 6

# Transforms of other projects read NumPy's global generator.
_legacy_randn = np.random.randn  # noqa: NPY002

# Runners of one name in one second would share MMEngine's message hub.
_COUNT = itertools.count()


@TRANSFORMS.register_module()
class ToyNoise:
    """Augmentation from the global generators."""

    def __call__(self, results: dict) -> dict:
        results['img'] = results['img'] + 0.3 * torch.from_numpy(_legacy_randn(PIXELS)).float()
        results['img'] = results['img'] + 0.3 * torch.randn(PIXELS)
        return results


@TRANSFORMS.register_module()
class ToyPack:
    """Pack like mmpretrain's PackInputs."""

    def __call__(self, results: dict) -> dict:
        sample = BaseDataElement(metainfo={'img_path': results['img_path']})
        sample.gt_label = torch.tensor([results['gt_label']])
        return {'inputs': results['img'], 'data_samples': sample}


@DATASETS.register_module()
class ToyDataset(BaseDataset):
    """``size`` vectors; the label is the index modulo the number of classes."""

    METAINFO = {'classes': NAMES, 'templates': ('a toy {}.',)}

    def __init__(self, size: int = 17, empty: int | None = None, **kwargs) -> None:
        self.size, self.empty, self.epochs = size, empty, []
        super().__init__(**kwargs)

    def load_data_list(self) -> list[dict]:
        labels = [index % len(self.metainfo['classes']) for index in range(self.size)]
        return [
            {'img_path': f'{i}.png', 'gt_label': y} for i, y in enumerate(labels) if y != self.empty
        ]

    def prepare_data(self, idx: int) -> dict:
        info = self.get_data_info(idx)
        seed = int(info['img_path'].removesuffix('.png'))
        info['img'] = (
            torch.randn(PIXELS, generator=torch.Generator().manual_seed(seed)) + info['gt_label']
        )
        return self.pipeline(info)

    def set_epoch(self, epoch: int) -> None:
        self.epochs.append(epoch)


class ToyOwner(nn.Module):
    """Holds prototypes and a trained scale."""

    def __init__(self, source: str = 'features') -> None:
        super().__init__()
        self.prototype_source = source
        self.scale = nn.Parameter(torch.full((4,), 0.5))
        self.register_buffer('prototypes', torch.zeros(0, 4))

    sized_by_class = ('prototypes',)
    needs_prototypes = True

    @property
    def num_prototypes(self) -> int:
        return len(self.prototypes)

    def prototype_features(self, image: torch.Tensor) -> torch.Tensor:
        if self.prototype_source == 'posterior':
            return torch.stack([image * self.scale, image], dim=1)  # (N, 2, D)
        return functional.normalize(image, dim=1)

    def set_prototypes(self, means: torch.Tensor) -> None:
        self.prototypes = (
            means if self.prototype_source == 'posterior' else functional.normalize(means, dim=1)
        )

    def _load_from_state_dict(self, state_dict, prefix, *args):
        self.prototypes = torch.zeros_like(state_dict[prefix + 'prototypes'])
        super()._load_from_state_dict(state_dict, prefix, *args)


class ToyPreprocessor(BaseDataPreprocessor):
    """Stack the vectors of a batch."""

    def forward(self, data: dict, training: bool = False) -> dict:
        data = super().forward(data, training)
        return {**data, 'inputs': torch.stack(list(data['inputs']))}


@MODELS.register_module()
class ToyModel(BaseModel):
    """Frozen projection, trained classifier; answers about NAMES."""

    def __init__(
        self,
        width: int = 4,
        break_at: int = -1,
        break_weights: bool = False,
        source: str = 'features',
    ) -> None:
        super().__init__(data_preprocessor=ToyPreprocessor())
        frozen = torch.randn(PIXELS, width, generator=torch.Generator().manual_seed(0))
        self.register_buffer('frozen', frozen, persistent=False)
        self.head = nn.Linear(width, len(NAMES))
        self.prototype_owner = ToyOwner(source)
        self.register_buffer('noise_step', torch.zeros((), dtype=torch.int64))
        self.vocabulary = None
        self.seen_vocabularies: list = []
        self.break_at, self.break_weights = break_at, break_weights

    def set_vocabulary(self, vocabulary) -> None:
        self.vocabulary = vocabulary
        self.seen_vocabularies.append(vocabulary)

    def extract_frozen(self, inputs: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return inputs @ self.frozen

    def forward(self, inputs, data_samples=None, mode='tensor'):
        logits = self.head(self.extract_frozen(inputs) * self.prototype_owner.scale)
        if mode != 'loss':
            return data_samples
        labels = torch.cat([sample.gt_label for sample in data_samples])
        noise = torch.rand(logits.shape) * 0.1
        self.noise_step += 1
        loss = functional.cross_entropy(logits + noise, labels)
        term = logits.sum() * (float('nan') if int(self.noise_step) == self.break_at else 0.0)
        if self.break_weights and int(self.noise_step) == 5:  # the last step of the first epoch
            term = term + _InfiniteGradient.apply(logits.sum())
        return {
            'loss_ce': loss,
            'loss_kl': term,
            'metric_top1': logits.argmax(1).eq(labels).float().mean(),
        }


class _InfiniteGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx, value):
        return value * 0

    @staticmethod
    def backward(ctx, gradient):
        return gradient * float('inf')


#: What adds a validation after every epoch to :func:`toy_config`.
VAL = {
    'val_dataloader': {
        'dataset': {'type': 'ToyDataset', 'pipeline': [{'type': 'ToyPack'}]},
        'batch_size': 6,
        'num_workers': 0,
        'sampler': {'type': 'DefaultSampler', 'shuffle': False},
    },
    'val_cfg': {},
    'val_evaluator': [{'type': 'ToyMetric'}],
}


class Interrupted(Exception):
    """Raised by ToyStop."""


@HOOKS.register_module()
class ToyStop(Hook):
    """Interrupts training before the given iteration."""

    def __init__(self, before_iter: int) -> None:
        self.before_iter = before_iter

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None
    ) -> None:
        if runner.iter == self.before_iter:
            raise Interrupted


@METRICS.register_module()
class ToyMetric(BaseMetric):
    """Scores given in advance, one per validation."""

    def __init__(self, scores: tuple = (1.0, 3.0, 2.0, 4.0)) -> None:
        super().__init__()
        self.scores = list(scores)

    def process(self, data_batch: dict, data_samples: list) -> None:
        self.results.append(0)

    def compute_metrics(self, results: list) -> dict:
        return {'acc': self.scores.pop(0)}


def toy_config(work_dir: str | Path, **changes) -> dict:
    """A config of the Runner; ``changes`` are merged in (dotted names with ``__``)."""
    test = {'type': 'ToyDataset', 'pipeline': [{'type': 'ToyPack'}]}
    cfg = Config(
        {
            'model': {'type': 'ToyModel'},
            'work_dir': str(work_dir),
            'default_scope': 'vamp_mm',
            'train_dataloader': {
                'dataset': {
                    'type': 'ToyDataset',
                    'pipeline': [{'type': 'ToyNoise'}, {'type': 'ToyPack'}],
                },
                'batch_size': 4,
                'num_workers': 0,
                'sampler': {'type': 'DefaultSampler', 'shuffle': True},
            },
            'train_cfg': {'by_epoch': True, 'max_epochs': 4},
            'optim_wrapper': {'optimizer': {'type': 'AdamW', 'lr': 0.05}},
            'param_scheduler': [{'type': 'WarmupCosineLR', 'warmup_epochs': 1}],
            'test_dataloader': {
                'dataset': test,
                'batch_size': 3,
                'num_workers': 0,
                'sampler': {'type': 'DefaultSampler', 'shuffle': False, 'round_up': False},
            },
            'test_cfg': {},
            'test_evaluator': [],
            'default_hooks': {
                'checkpoint': {'type': 'SafeCheckpointHook', 'interval': 1},
                'logger': {'type': 'LoggerHook', 'interval': 2},
            },
            'custom_hooks': [
                {'type': name}
                for name in (
                    'VocabularyHook',
                    'ClassAwarePriorHook',
                    'EpochSeedHook',
                    'FiniteLossHook',
                    'ThroughputHook',
                )
            ],
            'randomness': {'seed': 3},
            'log_level': 'WARNING',
            'experiment_name': f'toy{next(_COUNT)}',
        }
    )
    cfg.merge_from_dict({key.replace('__', '.'): value for key, value in changes.items()})
    return cfg


def toy_runner(work_dir: str | Path, stop: int | None = None, **changes) -> Runner:
    """Build the Runner of :func:`toy_config`; ``stop`` interrupts it before that iteration."""
    runner = Runner.from_cfg(toy_config(work_dir, **changes))
    if stop is not None:
        runner.register_hook(ToyStop(stop))
    return runner


def slow_writing(seconds: float) -> None:
    """Let every file take ``seconds`` to write, in 20 pieces, each on the disk."""
    import builtins

    real_open = builtins.open

    def slow_open(path, mode='r', *args, **kwargs):
        file = real_open(path, mode, *args, **kwargs)
        if mode != 'xb':
            return file
        write = file.write

        def pieces(data):
            step = max(1, len(data) // 20)
            for start in range(0, len(data), step):
                write(data[start : start + step])
                file.flush()
                time.sleep(seconds / 20)
            return len(data)

        class Slow:
            def __enter__(self):
                file.__enter__()
                return self

            def __exit__(self, *error):
                return file.__exit__(*error)

            def __getattr__(self, name):
                return pieces if name == 'write' else getattr(file, name)

        return Slow()

    vamp_mm.files.atomic.open = slow_open


def main() -> None:
    """Train, alone or as one of several processes that share the images but not gradients."""
    parser = argparse.ArgumentParser()
    parser.add_argument('work_dir')
    parser.add_argument(
        '--slow', type=float, default=0.0, help='seconds that writing one file takes'
    )
    parser.add_argument('--keep', type=int, default=-1)
    parser.add_argument('--rank', type=int, default=0)
    parser.add_argument('--world', type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.slow:
        slow_writing(args.slow)
    if args.world > 1:
        torch.distributed.init_process_group(
            'gloo',
            init_method=f'file://{args.work_dir}/rendezvous',
            rank=args.rank,
            world_size=args.world,
        )
    runner = toy_runner(
        args.work_dir, resume=True, default_hooks__checkpoint__max_keep_ckpts=args.keep
    )
    runner.train()
    if args.world > 1:
        torch.save(runner.model.prototype_owner.prototypes, f'{args.work_dir}/rank{args.rank}.pt')


if __name__ == '__main__':
    main()
