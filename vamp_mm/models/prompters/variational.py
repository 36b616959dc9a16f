"""Variational text prompts: tokens sampled from a posterior over the image (VaMP, NeurIPS 2025, sections 3.2-3.4)."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor

from vamp_mm.arguments import Block, Blocks, Component, Positive, Samples, Seed, Width
from vamp_mm.ops import HostInt, reparameterise, unit
from vamp_mm.registry import MODELS
from vamp_mm.structures import FrozenCLIP, Latent, PromptContext, PromptPlan, Vocabulary

from .base import BasePrompter
from .gaussian import GaussianMLPs
from .hosted import build_host, for_all, hosted_plan, hosted_sentences, hosted_words
from .noise import TestNoise, check_samples, prediction_noise, run_seed, training_noise

#: Labels choose the prior, which only sampled tokens have.
_REQUIRES = {
    'shared': frozenset[str](),
    'deterministic': frozenset({'image'}),
    'variational': frozenset({'image', 'target'}),
}


@MODELS.register_module()
class VariationalPrompter(BasePrompter):
    """Text tokens of H blocks drawn from ``q(z|x) = N(mu(f_x), sigma(f_x)^2)``; vision tokens shared by all images.

    The rows of the paper's ablation are ``tokens='shared'`` (the host method itself), ``'deterministic'`` (from the image,
    no noise), ``'variational'`` with ``prior='standard'``, and ``'variational'`` with ``prior='class-aware'`` (VaMP).

    Args:
        clip: The backbone (given by the classifier), for its widths and depths.
        host: The vision side and how text tokens enter: ``RepresentationTokens`` (MMRL style) or ``CoupledTokens`` (MaPLe
            style). It also fixes the number K of tokens per block.
        start: First edited text block J, counted from 0; 0 with ``CoupledTokens``.
        depth: Number of edited text blocks H; equal to the host's with ``CoupledTokens``.
        tokens: Where text tokens come from: ``'shared'``, ``'deterministic'`` or ``'variational'``.
        prior: ``'class-aware'`` p(z|o_y) from class prototypes, or ``'standard'`` N(0, I).
        hidden: Hidden units of each MLP.
        normalize: Whether the image feature and the prototypes have unit length before the MLPs (open in the paper).
        std: Standard deviation of the shared tokens at the start, and sigma at the start of posterior and prior.
        log_var_range: Bounds of the log-variance.
        train_samples: Monte-Carlo samples S in training; 0 trains on the posterior mean.
        test_samples: Samples S in prediction; 0 predicts from the posterior mean.
        test_noise: ``'shared'``: the same S noise tensors for every image, so that a prediction does not depend on batch
            size, order or number of processes; ``'antithetic'``: likewise, in pairs of opposite sign (S even);
            ``'fresh'``: new noise for every image from torch's global generator.
        seed: Seed of the test noise. Training noise follows the seed of the run (``randomness.seed``), which checkpoints
            keep.
        prototype_source: What the prior is conditioned on: ``'feature'``, the mean frozen feature of a class (eq. 18), or
            ``'posterior'``, the mean of its posterior means (two sentences of the paper; see ``ClassAwarePriorHook``).

    Raises:
        ValueError: If a choice is unknown or does not fit the others, or the blocks do not exist.
    """

    #: Tensors whose first axis counts the training classes.
    sized_by_class = ('prototypes',)

    noise_seed: Tensor
    noise_step: Tensor
    prototypes: Tensor

    def __init__(
        self,
        clip: FrozenCLIP,
        host: Component,
        start: Block = 5,
        depth: Blocks = 7,
        tokens: Literal['shared', 'deterministic', 'variational'] = 'variational',
        prior: Literal['class-aware', 'standard'] = 'class-aware',
        hidden: Width = 24,
        normalize: bool = True,
        std: Positive = 0.02,
        log_var_range: tuple[float, float] = (-14.0, 2.0),
        train_samples: Samples = 1,
        test_samples: Samples = 10,
        test_noise: TestNoise = 'shared',
        seed: Seed = 0,
        prototype_source: Literal['feature', 'posterior'] = 'feature',
    ) -> None:
        super().__init__()
        check_samples(test_samples, test_noise)
        self.host = build_host(host, clip, start, depth)
        self.first_vision_layer = self.host.first_vision_layer
        self.start, self.depth = start, depth
        self.tokens, self.prior = tokens, prior
        self.normalize = normalize
        self.train_samples, self.test_samples, self.test_noise = (
            train_samples,
            test_samples,
            test_noise,
        )
        self.seed = seed
        self.prototype_source = prototype_source
        self.requires = _REQUIRES[tokens]
        self.provides = frozenset({'latent'}) if tokens == 'variational' else frozenset()
        self._build_networks(clip, hidden, std, log_var_range)
        if tokens == 'variational':
            self._add_noise_state()

    def _add_noise_state(self) -> None:
        """What addresses the training noise; saved, so that a resumed run goes on with the noise it would have had."""
        self.register_buffer('noise_seed', run_seed())
        #: Training steps that drew noise.
        self.register_buffer('noise_step', torch.zeros((), dtype=torch.long))
        self._host_seed, self._host_step = HostInt(), HostInt()

    def _build_networks(
        self, clip: FrozenCLIP, hidden: int, std: float, log_var_range: tuple[float, float]
    ) -> None:
        width, layers, count = clip.text.width, self.depth, self.host.num_tokens
        if self.tokens == 'shared':
            self.host.add_text_tokens(clip, layers)
            return
        variational = self.tokens == 'variational'
        self.posterior = GaussianMLPs(
            clip.embed_dim, layers, count, width, hidden, std, log_var_range, variational
        )
        if self.needs_prototypes:
            per_layer = self.prototype_source == 'posterior'
            size = count * width if per_layer else clip.embed_dim
            self.prior_network = GaussianMLPs(
                size, layers, count, width, hidden, std, log_var_range, True, per_layer
            )
            shape = (0, layers, size) if per_layer else (0, size)
            self.register_buffer('prototypes', torch.zeros(shape))
            # prior and posterior start at the same Gaussian: the divergence starts near 0
            self.prior_network.bias_mean.data.copy_(self.posterior.bias_mean.data)

    @property
    def needs_prototypes(self) -> bool:
        """Whether the prior is learned from class prototypes."""
        return self.tokens == 'variational' and self.prior == 'class-aware'

    @property
    def num_prototypes(self) -> int:
        """Number of classes with a prototype, 0 before they are computed."""
        return len(self.prototypes) if self.needs_prototypes else 0

    def prototype_features(self, image: Tensor) -> Tensor:
        """What is averaged over a class's training images to give its prototype.

        Args:
            image: ``(N, D)`` frozen image features.

        Returns:
            ``(N, D)`` (unit) features, or ``(N, H, K * W)`` posterior means with ``prototype_source='posterior'``.
        """
        features = self._condition(image)
        if self.prototype_source == 'posterior':
            return self.posterior(features)[0].flatten(-2)
        return features

    def set_prototypes(self, means: Tensor) -> None:
        """Take the class means of :meth:`prototype_features`; made unit length where the features are.

        Args:
            means: ``(C, D)``, or ``(C, H, K * W)`` with ``prototype_source='posterior'``.

        Raises:
            ValueError: If the shape does not fit.
        """
        if not self.needs_prototypes:
            raise ValueError(
                f'tokens={self.tokens!r}, prior={self.prior!r} uses no prototypes; remove the call'
            )
        if means.shape[1:] != self.prototypes.shape[1:]:
            raise ValueError(
                f'prototypes must be (C, {", ".join(map(str, self.prototypes.shape[1:]))}), got '
                f'{tuple(means.shape)}'
            )
        means = means.to(self.prototypes)
        self.prototypes = (
            unit(means) if self.normalize and self.prototype_source == 'feature' else means
        )

    def sentences(self, vocabulary: Vocabulary) -> tuple[tuple[str, ...], ...]:
        """The host's own sentences, if it has a context, else the vocabulary's."""
        return hosted_sentences(self.host, vocabulary)

    def word_tokens(self) -> dict[str, Tensor]:
        """What all images share of the tokens of block 0, where they take the place of words (VaMP on MaPLe)."""
        return hosted_words(
            self.host,
            self.host.text_tokens() if self.tokens == 'shared' else self.posterior.shared_tokens,
        )

    def forward(self, context: PromptContext) -> PromptPlan:
        """Sample text tokens for a batch and plan both towers.

        Args:
            context: ``image (N, D)``, and ``target (N,)`` in training with a class-aware prior.

        Returns:
            The plan, with what was sampled.
        """
        latent = None if self.tokens == 'shared' else self._latent(context)
        if latent is None:
            shared = self.host.text_tokens()
            tokens = for_all(shared)  # (H, 1, 1, 1, K, W)
        else:
            shared = self.posterior.shared_tokens
            tokens = latent.sample.permute(2, 0, 1, 3, 4).unsqueeze(3)  # (H, S, N, 1, K, W)
        return hosted_plan(
            self.host, self.prompts, self._templates, self.start, tokens, shared, latent
        )

    def _latent(self, context: PromptContext) -> Latent:
        assert context.image is not None
        mean, log_var = self.posterior(self._condition(context.image))
        if log_var is None:  # deterministic
            log_var = torch.full_like(mean, float('-inf'))
            return Latent(mean, log_var, mean.unsqueeze(0))
        noise = None if context.mean else self._noise(len(mean), mean.device)
        sample = mean.unsqueeze(0) if noise is None else reparameterise(mean, log_var, noise)
        prior_mean, prior_log_var = self._prior(context.target, mean)
        return Latent(mean, log_var, sample, prior_mean, prior_log_var)

    def _condition(self, image: Tensor) -> Tensor:
        return (
            unit(image) if self.normalize else image.float() if image.dtype.itemsize == 2 else image
        )

    def _prior(self, target: Tensor | None, like: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """``(N, H, K, W)`` mean and log-variance of the prior; none in prediction, which does not use it."""
        if target is None:
            return None, None
        if self.prior == 'standard':
            return torch.zeros_like(like), torch.zeros_like(like)
        self._check_prototypes(target)
        mean, log_var = self.prior_network(self.prototypes)  # every class once
        return mean[target], log_var[target]

    def _check_prototypes(self, target: Tensor) -> None:
        if self.num_prototypes == 0:
            raise RuntimeError(
                'the class-aware prior has no class prototypes; add '
                "custom_hooks=[dict(type='vamp_mm.ClassAwarePriorHook')], or train with prior='standard'"
            )
        # labels are among the bound classes: where each has a prototype, the host need not wait to look at them
        if (
            len(self.prompts) > self.num_prototypes * self._templates
            and int(target.max()) >= self.num_prototypes
        ):
            raise ValueError(
                f'label {int(target.max())} has no class prototype, there are {self.num_prototypes}: the '
                'prototypes are of another training set; compute them again (ClassAwarePriorHook) or train '
                'on that set'
            )

    def _noise(self, images: int, device: torch.device) -> Tensor | None:
        """``(S, N|1, H, K, W)`` standard normal numbers, None for the posterior mean."""
        event = self.posterior.shape
        if not self.training:
            count = self.test_samples
            return (
                prediction_noise(self.test_noise, count, images, event, self.seed, device)
                if count
                else None
            )
        if not self.train_samples:
            return None
        seed, step = self._host_seed.read(self.noise_seed), self._host_step.count(self.noise_step)
        return training_noise(self.train_samples, images, event, seed, step).to(
            device, non_blocking=True
        )

    def _load_from_state_dict(self, state_dict: dict, prefix: str, *args: Any) -> None:
        stored = state_dict.get(prefix + 'prototypes')
        if (
            self.needs_prototypes
            and stored is not None
            and stored.shape[1:] == self.prototypes.shape[1:]
        ):
            # any number of training classes
            self.prototypes = self.prototypes.new_zeros(stored.shape)
        super()._load_from_state_dict(state_dict, prefix, *args)
