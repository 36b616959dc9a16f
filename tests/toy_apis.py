"""A model of one weight, a dataset of a few numbers, and a config around them: a run of the apis in a second."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from mmengine.evaluator import BaseMetric
from mmengine.model import BaseModel
from torch import Tensor, nn
from torch.utils.data import Dataset

from vamp_mm.registry import DATASETS, METRICS, MODELS

HERE = Path(__file__).parent

CONFIG = """\
custom_imports = dict(imports=['toy_apis'])
default_scope = 'vamp_mm'
model = dict(type='ApiToyModel', start=0.0)
train_dataloader = dict(
    batch_size=2, dataset=dict(type='ApiToyData', shots=4), sampler=dict(type='DefaultSampler', shuffle=True))
test_dataloader = dict(
    batch_size=2, dataset=dict(type='ApiToyData'), sampler=dict(type='DefaultSampler', shuffle=False))
test_evaluator = [dict(type='ApiToyMetric')]
test_cfg = dict()
train_cfg = dict(by_epoch=True, max_epochs=2)
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.01))
default_hooks = dict(checkpoint=dict(type='SafeCheckpointHook'))
custom_hooks = [dict(type='ThroughputHook')]
randomness = dict(seed=3)
"""


def write_config(folder: Path, extra: str = '', name: str = 'toy.py') -> Path:
    """Write the toy config, with lines added, into a folder."""
    path = folder / name
    path.write_text(CONFIG + extra, encoding='utf-8')
    return path


@MODELS.register_module()
class ApiToyModel(BaseModel):
    """Learns the factor 2; ``log`` keeps the type in which the product came out."""

    def __init__(self, start: float = 0.0, width: int = 1) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((1, width), start))
        self.log: list[torch.dtype] = []

    def forward(self, inputs: list[Tensor], mode: str = 'tensor') -> dict | list:
        """Squared error of ``weight * x`` against ``2 x``."""
        x = torch.stack(inputs)[:, None]  # (N, 1)
        product = x @ self.weight  # (N, width)
        self.log.append(product.dtype)
        error = (product - 2 * x).float().square().mean()
        return {'loss_fit': error} if mode == 'loss' else [error.detach()]


@DATASETS.register_module()
class ApiToyData(Dataset):
    """``shots`` numbers between 0 and 1 that depend on the seed."""

    def __init__(self, shots: int = 8, seed: int = 0) -> None:
        self.data = torch.rand(shots, generator=torch.Generator().manual_seed(seed))

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> dict:
        return {'inputs': self.data[index]}


@METRICS.register_module()
class ApiToyMetric(BaseMetric):
    """Mean error."""

    default_prefix = 'toy'

    def process(self, data_batch: dict, data_samples: list) -> None:
        """Keep the errors."""
        self.results.extend(float(error) for error in data_samples)

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Average them."""
        return {'error': sum(results) / len(results)}


def write_minilit(folder: Path) -> None:
    """Write the geometry of the CLIP-like model of ``configs/benchmarks/*_minilit.yaml``, where these look for it.

    Args:
        folder: The folder that the benchmark is planned in.
    """
    arch = {
        'embed_dim': 256,
        'vision_cfg': dict(image_size=112, layers=11, width=384, head_width=64, patch_size=14),
        'text_cfg': dict(context_length=77, vocab_size=49408, width=256, heads=4, layers=6),
    }
    file = folder / 'data' / 'minilit' / 'MiniLiT-ViT-S-14-112.json'
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(arch), encoding='utf-8')
