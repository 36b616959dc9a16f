"""The head of MMRL and MMRL++: two branches, and a pull to the frozen features (MMRL, CVPR 2025)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Literal

from torch import nn

from vamp_mm.arguments import Component, NonNegative, Positive
from vamp_mm.registry import MODELS, build_part
from vamp_mm.structures import FrozenCLIP

from .prompt_cls import PromptClsHead

_READOUT = MappingProxyType({'type': 'TokenReadout'})


def mmrl_terms(readout: Any, consistency: NonNegative) -> list[nn.Module]:
    """Loss terms of the MMRL family.

    Args:
        readout: The ``TokenReadout``, whose alpha divides the cross-entropy between the branches; None for one branch.
        consistency: Weight of both cosine terms; 0 leaves them out.

    Returns:
        ``alpha CE(class) + (1 - alpha) CE(rep) + consistency * (image + text)``, term by term.
    """
    alpha = 1.0 if readout is None else readout.alpha
    terms = [dict(type='BranchCrossEntropy', branch='class', weight=alpha)]
    if readout is not None:
        terms.append(dict(type='BranchCrossEntropy', branch='rep', weight=1 - alpha))
    if consistency:
        terms += [
            dict(type=kind, weight=consistency) for kind in ('ImageConsistency', 'TextConsistency')
        ]
    return [build_part(term) for term in terms]


@MODELS.register_module()
class MMRLHead(PromptClsHead):
    """Cross-entropy of both branches, each on its own, and one minus the cosines to the frozen features.

    Args:
        clip: The backbone (given by the classifier).
        consistency: Weight of both cosine terms (the paper's lambda, per dataset); 0 leaves them out.
        readout: Config of the read-out: ``TokenReadout`` (MMRL) or ``LowRankReadout`` (MMRL++).
        logit_scale: Factor of the cosines, 100 in the original whatever CLIP's own; None takes CLIP's own.
        inference: Which branch predicts; see ``PromptClsHead``.
    """

    def __init__(
        self,
        clip: FrozenCLIP,
        consistency: NonNegative = 0.5,
        readout: Component | None = _READOUT,
        logit_scale: Positive | None = 100.0,
        inference: Literal['decoupled', 'fused', 'class'] = 'decoupled',
    ) -> None:
        super().__init__(clip, (), readout, logit_scale, inference)
        self.losses.extend(mmrl_terms(self.readout, consistency))
