"""The head of VaMP: its objective, put together from named terms (VaMP, NeurIPS 2025, eq. 15-22)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal

import torch
from torch import Tensor, nn

from vamp_mm.arguments import Component, NonNegative, Positive
from vamp_mm.registry import MODELS, build_part
from vamp_mm.structures import FrozenCLIP, PromptOutput

from .mmrl import mmrl_terms
from .prompt_cls import PromptClsHead

# Frozen, because a default argument is shared by all calls.
_KL = MappingProxyType({'type': 'VariationalLoss'})
_READOUT = MappingProxyType({'type': 'TokenReadout'})


@MODELS.register_module()
class VaMPHead(PromptClsHead):
    """Expected log-likelihood of both branches, KL to the prior, and MMRL's pull to the frozen features.

    ``L = alpha CE(class) + (1 - alpha) CE(rep) + consistency * (image + text) + KL``; without a readout the cross-entropy of
    the class token alone. Prediction averages the probabilities of the S samples (eq. 22).

    Args:
        clip: The backbone (given by the classifier).
        kl: Config of the ``VariationalLoss``; left out by itself where the prompter samples nothing, so that the ablation
            rows differ from VaMP by the prompter's ``tokens`` and ``prior`` alone.
        consistency: Weight of both cosine terms (MMRL's lambda, per dataset); 0 leaves them out.
        readout: Config of the ``TokenReadout`` (MMRL style), None in MaPLe style.
        logit_scale: Factor of the cosines; None takes CLIP's own, which is the papers' 100 for OpenAI's weights.
        inference: Which branch predicts; see ``PromptClsHead``.
    """

    def __init__(
        self,
        clip: FrozenCLIP,
        kl: Component | None = _KL,
        consistency: NonNegative = 0.5,
        readout: Component | None = _READOUT,
        logit_scale: Positive | None = None,
        inference: Literal['decoupled', 'fused', 'class'] = 'decoupled',
    ) -> None:
        super().__init__(clip, (), readout, logit_scale, inference)
        self.losses.extend(mmrl_terms(self.readout, consistency))
        if kl:
            self.losses.append(build_part(kl))

    def bind_prompter(self, provides: frozenset[str]) -> None:
        """Leave out the divergence where the prompter samples nothing."""
        if 'latent' not in provides:
            self.losses = nn.ModuleList(
                term for term in self.losses if 'latent' not in term.requires
            )
        super().bind_prompter(provides)

    @torch.no_grad()
    def metrics(self, output: PromptOutput) -> dict[str, Tensor]:
        """Training accuracy in percent, and the mean standard deviation of the posterior."""
        watched = super().metrics(output)
        if output.latent is not None:
            watched['metric_sigma'] = torch.exp(0.5 * output.latent.log_var).mean()
        return watched
