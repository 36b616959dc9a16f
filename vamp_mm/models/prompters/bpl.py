"""A random shift of all context tokens (Bayesian Prompt Learning, Derakhshani et al., ICCV 2023, eq. 5-6)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vamp_mm.arguments import Samples, Seed
from vamp_mm.ops import HostInt, reparameterise, unit
from vamp_mm.registry import MODELS
from vamp_mm.structures import FrozenCLIP, Latent, PromptContext

from .noise import TestNoise, check_samples, prediction_noise, run_seed, training_noise


@MODELS.register_module()
class GaussianShift(nn.Module):
    """``r = mu + sigma * eps``, one vector per sample, added to every context token; the prior of r is N(0, I).

    Args:
        clip: The backbone, for its widths.
        conditional: Whether mu and sigma are functions of the image (two ELU networks), or parameters shared by all images;
            then one draw serves the whole batch.
        train_samples: Samples S in training; 0 trains on mu.
        test_samples: Samples S in prediction; 0 predicts from mu.
        test_noise: ``'shared'``: the same S draws for every image, so that a prediction does not depend on batch or
            order; ``'antithetic'``: likewise, in pairs of opposite sign; ``'fresh'``: new ones for every batch, as the
            original.
        log_var_start: Log-variance at the start without ``conditional``; None draws it from U[0, 1) as the original, whose
            sigma then starts between 1 and 1.65, far above the embeddings' 0.01.
        seed: Seed of the test noise. Training noise follows the seed of the run, which checkpoints keep.

    Raises:
        ValueError: If the numbers of samples or the kind of noise are not allowed.
    """

    provides = frozenset({'latent'})
    noise_seed: Tensor
    noise_step: Tensor

    def __init__(
        self,
        clip: FrozenCLIP,
        conditional: bool = False,
        train_samples: Samples = 10,
        test_samples: Samples = 10,
        test_noise: TestNoise = 'shared',
        log_var_start: float | None = None,
        seed: Seed = 0,
    ) -> None:
        super().__init__()
        check_samples(test_samples, test_noise)
        self.requires = frozenset({'image'}) if conditional else frozenset()
        self.train_samples, self.test_samples, self.test_noise, self.seed = (
            train_samples,
            test_samples,
            test_noise,
            seed,
        )
        self.width = clip.text.width
        if conditional:
            self.mean_net, self.log_var_net = _network(clip), _network(clip)
        else:
            self.mean = nn.Parameter(torch.zeros(1, self.width))
            start = (
                torch.rand(1, self.width)
                if log_var_start is None
                else torch.full((1, self.width), log_var_start)
            )
            self.log_var = nn.Parameter(start)
        self.register_buffer('noise_seed', run_seed())
        #: Training steps that drew noise.
        self.register_buffer('noise_step', torch.zeros((), dtype=torch.long))
        self._host_seed, self._host_step = HostInt(), HostInt()

    def forward(self, context: PromptContext) -> tuple[Tensor, Latent]:
        """Draw the shift.

        Args:
            context: ``image (N, D)`` if conditional.

        Returns:
            ``(S, N|1, W)``, and the Gaussian that it is drawn from.
        """
        if self.requires:
            assert context.image is not None
            feature = unit(context.image)
            # (N, W)
            mean, log_var = _wide(self.mean_net(feature)), _wide(self.log_var_net(feature))
        else:
            mean, log_var = self.mean, self.log_var  # (1, W)
        noise = self.draw(len(mean))
        shift = (
            mean[None]
            if noise is None
            else reparameterise(mean, log_var, noise.to(mean, non_blocking=True))
        )
        mean, log_var = mean[:, None, None], log_var[:, None, None]  # (N|1, H, K, W)
        zero = torch.zeros_like(mean)
        return shift, Latent(
            mean, log_var, shift[:, :, None, None], prior_mean=zero, prior_log_var=zero
        )

    def draw(self, rows: int) -> Tensor | None:
        """``(S, N|1, W)`` standard normal numbers, None for the mean.

        Args:
            rows: Rows of mu: the number of images if conditional, else 1.

        Returns:
            The numbers, on the CPU.
        """
        event = (self.width,)
        if not self.training:
            count = self.test_samples
            return (
                prediction_noise(
                    self.test_noise, count, rows, event, self.seed, torch.device('cpu')
                )
                if count
                else None
            )
        if not self.train_samples:
            return None
        seed, step = self._host_seed.read(self.noise_seed), self._host_step.count(self.noise_step)
        if self.requires:
            return training_noise(self.train_samples, rows, event, seed, step)
        return training_noise(self.train_samples, 1, event, seed, step, shared=True)


def _network(clip: FrozenCLIP) -> nn.Sequential:
    joint, hidden = clip.embed_dim, clip.embed_dim // 2
    return nn.Sequential(
        nn.Linear(joint, hidden),
        nn.ELU(),
        nn.Linear(hidden, hidden),
        nn.ELU(),
        nn.Linear(hidden, clip.text.width),
    )


def _wide(value: Tensor) -> Tensor:
    # sampling and KL never run in half precision
    return value if value.dtype.itemsize > 2 else value.float()
