"""The head of every prompt method: cosine logits, named loss terms, and predictions that say how sure they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from vamp_mm.arguments import Component, Positive
from vamp_mm.ops import cosine_logits, mean_log_probs, sample_uncertainty, unit
from vamp_mm.registry import MODELS, build_part
from vamp_mm.structures import FrozenCLIP, PromptOutput, TowerOutput

#: What every model computes where a loss term requires it; the rest is up to the prompter.
_OF_MODEL = frozenset({'target', 'teacher_image', 'teacher_text', 'teacher_logits'})


@MODELS.register_module()
class PromptClsHead(nn.Module):
    """Logits ``(S, N, C)`` per branch, the loss over its terms, and the Monte-Carlo prediction.

    Args:
        clip: The backbone (given by the classifier), for its logit scale and widths.
        losses: Configs of the loss terms; each is logged as ``loss_<name>``.
        readout: Config of a ``TokenReadout`` that adds the branches ``rep`` and ``fused``; None for the class token alone.
        logit_scale: Factor of the cosines; None takes CLIP's own.
        inference: Which branch predicts where there is a readout: ``'decoupled'`` is MMRL's rule, fused logits on classes
            that were trained on and the class token alone on others; ``'fused'`` and ``'class'`` use one for all.
        average: What a prediction averages over samples: probabilities (VaMP eq. 22), or logits, which is the cosine with
            the mean of the samples' unit features (ProDA).

    Raises:
        ValueError: If a loss name occurs twice or the inference rule is unknown.
    """

    logit_scale: Tensor

    def __init__(
        self,
        clip: FrozenCLIP,
        losses: Sequence[Component] = (dict(type='BranchCrossEntropy'),),
        readout: Component | None = None,
        logit_scale: Positive | None = None,
        inference: Literal['decoupled', 'fused', 'class'] = 'decoupled',
        average: Literal['probabilities', 'logits'] = 'probabilities',
    ) -> None:
        super().__init__()
        terms: list[Any] = [build_part(term) for term in losses]
        self.losses: Any = nn.ModuleList(terms)
        names = [term.name for term in terms]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(
                f'loss terms share the name {twice[0]!r}; give one of them another name'
            )
        self.readout = None if readout is None else build_part(readout, clip=clip)
        scale = (
            clip.logit_scale.detach().clone()
            if logit_scale is None
            else torch.tensor(float(logit_scale))
        )
        self.register_buffer('logit_scale', scale, persistent=False)
        self.inference = inference
        self.average = average

    @property
    def requires(self) -> frozenset[str]:
        """What the loss terms require of an output."""
        return frozenset().union(*(term.requires for term in self.losses))

    def bind_prompter(self, provides: frozenset[str]) -> None:
        """Check that the prompter provides what the loss terms require of it.

        Args:
            provides: What its plans carry.

        Raises:
            ValueError: If a term requires something else.
        """
        for term in self.losses:
            if missing := sorted(term.requires - provides - _OF_MODEL):
                raise ValueError(
                    f'{type(term).__name__} requires {missing[0]!r}, which the prompter does not provide; remove it '
                    f'from head.losses or use {term.provider}'
                )

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the edits whose vision tokens the head reads."""
        return () if self.readout is None else (self.readout.tokens,)

    def forward(self, image: TowerOutput, text: Tensor) -> tuple[Mapping[str, Tensor], Tensor]:
        """Logits of all branches.

        Args:
            image: Output of the vision tower.
            text: ``(S|1, N|1, C, D)`` unit text features.

        Returns:
            Branch -> ``(S, N, C)`` logits, and the unit image feature ``(S|1, N, D)``.
        """
        feature = unit(image.pooled)
        logits = {'class': cosine_logits(feature, text, self.logit_scale)}
        if self.readout is not None:
            alpha = self.readout.alpha
            logits['rep'] = cosine_logits(unit(self.readout(image)), text, self.logit_scale)
            logits['fused'] = alpha * logits['class'] + (1 - alpha) * logits['rep']
        return logits, feature

    def loss(self, output: PromptOutput) -> dict[str, Tensor]:
        """All weighted terms as ``loss_<name>`` (``guide_<name>`` if not added), metrics as ``metric_<name>``.

        Args:
            output: The forward pass, with labels.

        Returns:
            Name -> scalar.
        """
        losses = {
            f'{"guide" if term.guide else "loss"}_{term.name}': term.weight * term(output)
            for term in self.losses
        }
        return {**losses, **self.metrics(output)}

    @torch.no_grad()
    def metrics(self, output: PromptOutput) -> dict[str, Tensor]:
        """Training accuracy in percent."""
        assert output.target is not None
        predicted = mean_log_probs(self.predicting(output, seen=True)).argmax(dim=-1)
        return {'metric_accuracy': 100 * (predicted == output.target).float().mean()}

    def predicting(self, output: PromptOutput, seen: bool) -> Tensor:
        """The logits ``(S, N, C)`` that predict, by the inference rule."""
        logits = self.branch(output.logits, seen)
        return logits.mean(dim=0, keepdim=True) if self.average == 'logits' else logits

    def branch(self, logits: Mapping[str, Tensor], seen: bool) -> Tensor:
        """The branch that predicts, of all that :meth:`forward` gave."""
        alone = self.readout is None or self.inference == 'class'
        fused = not alone and (self.inference == 'fused' or seen)
        return logits['fused' if fused else 'class']

    def predict(
        self, output: PromptOutput, data_samples: Sequence[DataSample] | None, seen: bool
    ) -> list[DataSample]:
        """Average probabilities over samples and write prediction and uncertainty into the data samples.

        Args:
            output: The forward pass.
            data_samples: One per image; new ones if None.
            seen: Whether the classes were trained on.

        Returns:
            Data samples on the host with ``pred_score (C,)``, ``pred_label (1,)`` and the scalars ``predictive_entropy``,
            ``expected_entropy``, ``mutual_information`` (nats) and ``pred_std``.
        """
        logits = self.predicting(output, seen)
        scores = mean_log_probs(logits).exp()
        uncertainty = sample_uncertainty(logits)
        # one copy for all images: a device is waited for once
        numbers = torch.cat([scores, torch.stack([*uncertainty.values()], dim=1)], dim=1).cpu()
        scores, rest = numbers[:, : scores.shape[1]], numbers[:, scores.shape[1] :]
        labels = scores.argmax(dim=1, keepdim=True)
        samples = [DataSample() for _ in scores] if data_samples is None else list(data_samples)
        for index, sample in enumerate(samples):
            sample.set_pred_score(scores[index]).set_pred_label(labels[index])
            for place, name in enumerate(uncertainty):
                sample.set_field(rest[index, place], name, dtype=torch.Tensor)
        return samples
