"""What the towers and heads return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from torch import Tensor


@dataclass(frozen=True, eq=False)
class TowerOutput:
    """Output of one tower.

    Args:
        pooled: ``(..., D)`` joint features, not normalised. Vision ``(S|1, N, D)``, text ``(S|1, N|1, C, D)``.
        tokens: Name of an edit -> its tokens ``(S|1, N, K, W)`` after the last LayerNorm, those that were asked for.
    """

    pooled: Tensor
    tokens: Mapping[str, Tensor] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, eq=False)
class Latent:
    """Diagonal Gaussians over the prompt tokens of H blocks and what was drawn from them.

    Args:
        mean: ``(N, H, K, W)`` posterior mean.
        log_var: ``(N, H, K, W)`` posterior log-variance.
        sample: ``(S, N, H, K, W)`` drawn tokens.
        prior_mean: ``(N, H, K, W)`` mean of the prior, None where no prior applies (prediction).
        prior_log_var: ``(N, H, K, W)`` log-variance of the prior.
    """

    mean: Tensor
    log_var: Tensor
    sample: Tensor
    prior_mean: Tensor | None = None
    prior_log_var: Tensor | None = None


@dataclass(frozen=True, eq=False)
class TeacherOutput:
    """What the frozen CLIP computes.

    Args:
        image: ``(N, D)`` unit image features.
        text: ``(C, D)`` unit text features.
        logits: ``(N, C)``.
    """

    image: Tensor
    text: Tensor
    logits: Tensor


@dataclass(frozen=True, eq=False)
class PromptOutput:
    """What a head computed from one batch; losses read it, prediction reduces it.

    Args:
        logits: Branch name -> ``(S, N, C)``.
        image: ``(S|1, N, D)`` unit image features.
        text: ``(S|1, N|1, C, D)`` unit text features.
        teacher_image: ``(N, D)`` unit image features of the frozen CLIP, None where nothing requires it.
        teacher_text: ``(C, D)`` unit text features of the frozen CLIP, None where nothing requires it.
        teacher_logits: ``(N, C)`` logits of the frozen CLIP, None where nothing requires it.
        latent: What a variational method sampled.
        target: ``(N,)`` labels among the C classes here, only in training.
        extra: Name of a further plan (``'context_text'``) -> ``(S|1, N|1, K, D)`` unit text features, those that a loss term
            requires.
        logit_scale: ``()`` factor of the cosines.
    """

    logits: Mapping[str, Tensor]
    image: Tensor
    text: Tensor
    teacher_image: Tensor | None = None
    teacher_text: Tensor | None = None
    teacher_logits: Tensor | None = None
    latent: Latent | None = None
    target: Tensor | None = None
    extra: Mapping[str, Tensor] = field(default_factory=lambda: MappingProxyType({}))
    logit_scale: Tensor | None = None
