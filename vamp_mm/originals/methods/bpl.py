"""Bayesian Prompt Learning (Derakhshani et al., ICCV 2023), original ``trainers/vpt.py``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from torch import Tensor, nn

from vamp_mm.ops import mean_log_probs

from ..base import Original, Recorded
from ..links import Link, linear
from .coop import context_arguments, context_settings

#: Weight of the divergence per dimension, a constant of the original.
KL_WEIGHT = 0.001


class BPL(Original):
    """A context with a random shift, shared by all images or a function of the image."""

    name = 'bpl'
    recorded_as: tuple[str, ...] = ('bayesian prompt learning',)
    terms: Mapping[str, str] = MappingProxyType({'nll': 'nll', 'kl': 'kl'})

    def model(self, case: Recorded) -> dict[str, Any]:
        """``ContextPrompter`` with ``GaussianShift``; unconditional if its parameters are plain vectors."""
        samples = int(case.hyper['L'])
        shift = dict(
            type='GaussianShift',
            conditional='mean_posterior' not in case.group('learn'),
            train_samples=samples,
            test_samples=samples,
        )
        return dict(
            prompter=dict(context_arguments(case), shift=shift),
            head=dict(
                type='PromptClsHead',
                losses=[
                    dict(type='MixtureNLL'),
                    dict(type='VariationalLoss', reduction='mean', weight=KL_WEIGHT),
                ],
            ),
        )

    def links(self, names: Iterable[str]) -> Sequence[Link]:
        """The context, and the Gaussian; what the original calls std is a log-variance."""
        links = [Link('prompter.context', 'ctx')]
        if 'mean_posterior' in names:
            return [
                *links,
                Link('prompter.shift.mean', 'mean_posterior'),
                Link('prompter.shift.log_var', 'std_posterior'),
            ]
        for own, theirs in (('mean_net', 'weight_mean'), ('log_var_net', 'weight_log_variance')):
            for layer in (0, 2, 4):
                links += linear(
                    f'prompter.shift.{own}.{layer}', f'meta_net.{theirs}.module.{layer}'
                )
        return links

    def names(self, state: Mapping[str, Tensor]) -> list[str]:
        """Of the unconditional Gaussian if its mean is a parameter."""
        known = ['mean_posterior'] if 'prompter.shift.mean' in state else []
        return [name for link in self.links(known) for name in link.names]

    def counters(self, state: Mapping[str, Tensor]) -> list[str]:
        """State of the noise, and of the divergence's warm-up."""
        return ['prompter.shift.noise_seed', 'prompter.shift.noise_step', 'head.losses.1.step']

    def settings(self, state: Mapping[str, Tensor]) -> dict[str, Any]:
        """Length and variant; the number of samples is not in the file."""
        return {
            **context_settings(state),
            'model.prompter.shift.conditional': 'prompter.shift.mean' not in state,
        }

    def prepare(self, model: Any, case: Recorded, training: bool) -> None:
        """Draw what the original drew."""
        noise = case['noise/train' if training else 'noise/eval']  # (L, 1, W)
        model.prompter.shift.draw = lambda rows: noise

    def logits(self, model: nn.Module, images: Tensor) -> Tensor:
        """Logarithm of the mixture's probabilities."""
        return mean_log_probs(model(images, mode='tensor'))
