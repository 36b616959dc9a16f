"""The random numbers of sampled prompts: functions of (seed, step), alike in any number of processes."""

from __future__ import annotations

from typing import Literal

import torch
from mmengine.dist import get_dist_info
from torch import Tensor

from vamp_mm.ops import draw_noise

TestNoise = Literal['shared', 'antithetic', 'fresh']
_INT64 = (1 << 63) - 1


def run_seed() -> Tensor:
    """``()`` seed that addresses the training noise of a run.

    The Runner seeds torch before it builds the model, alike in all processes: another run draws other noise.
    """
    return torch.tensor(torch.initial_seed() & _INT64)


def training_noise(
    samples: int, images: int, event: tuple[int, ...], seed: int, step: int, shared: bool = False
) -> Tensor:
    """Noise of the whole global batch, of which this process takes its share.

    MMEngine's sampler deals the images out in turn, so image i of process r is image i * world + r of the batch that one
    process would see.

    Args:
        samples: Number of samples S.
        images: Images N of this process.
        event: Shape of one draw.
        seed: Seed of the run.
        step: Training step.
        shared: Whether one draw serves all images of all processes.

    Returns:
        ``(S, N, *event)`` standard normal numbers on the CPU, ``(S, 1, *event)`` if shared.
    """
    if shared:
        return draw_noise((samples, 1, *event), seed, step)
    rank, world = get_dist_info()
    return draw_noise((samples, images * world, *event), seed, step)[:, rank::world]


def prediction_noise(
    kind: TestNoise,
    samples: int,
    images: int,
    event: tuple[int, ...],
    seed: int,
    device: torch.device,
) -> Tensor:
    """Noise of a prediction.

    Args:
        kind: ``'shared'``: the same for every image; ``'antithetic'``: likewise, in pairs of opposite sign; ``'fresh'``: new
            for every image, from torch's global generator.
        samples: Number of samples S.
        images: Number of images N.
        event: Shape of one draw.
        seed: Seed of the first two kinds.
        device: Where the numbers are needed.

    Returns:
        ``(S, N|1, *event)`` standard normal numbers.
    """
    if kind == 'fresh':
        return torch.randn(samples, images, *event, device=device)
    if kind == 'antithetic':
        half = draw_noise((samples // 2, 1, *event), seed, 0)
        return torch.cat([half, -half]).to(device)
    return draw_noise((samples, 1, *event), seed, 0).to(device)


def check_samples(test: int, noise: str) -> None:
    """Check that the kind of test noise goes with the number of samples.

    Args:
        test: Samples in prediction.
        noise: Kind of test noise.

    Raises:
        ValueError: If the kind needs pairs, and the number is odd.
    """
    if noise == 'antithetic' and test % 2:
        raise ValueError(f"test_samples={test} is odd; test_noise='antithetic' draws pairs")
