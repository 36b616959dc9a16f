"""A training step that answers about some classes only (SkipT: Skip Tuning, CVPR 2025)."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated

import torch
from mmengine.dist import all_reduce
from torch import Tensor, nn

from vamp_mm.arguments import Positive, PositiveInt, Range, Seed
from vamp_mm.ops import counter_seed
from vamp_mm.registry import MODELS
from vamp_mm.structures import PromptOutput, PromptPlan


@MODELS.register_module()
class ClassSkipping(nn.Module):
    """Chooses the classes of a training step by how near they are to its images.

    Classes are ranked by their largest cosine with an image of the batch, those of the batch itself first. The top of the
    ranking always stays; behind it a rank stays with a probability that falls exponentially. Which ranks stay is drawn once
    and holds for the whole run, as in the original. The batch is that of all processes together.

    Args:
        share: Share of the classes that always stays, rounded up.
        max_top: Most classes that always stay.
        decay: Scale of the exponential over ranks, whose whole range is 5.
        seed: Seed of the draw.

    Raises:
        ValueError: If a number is out of range.
    """

    def __init__(
        self,
        share: Annotated[float, Range(0, 1, above=True)] = 0.5,
        max_top: PositiveInt = 50,
        decay: Positive = 0.3,
        seed: Seed = 0,
    ) -> None:
        super().__init__()
        self.share, self.max_top, self.decay, self.seed = share, max_top, decay, seed
        #: ``(C,)`` which ranks stay; drawn at the first step with C classes.
        self.kept_ranks: Tensor | None = None

    @torch.no_grad()
    def forward(self, image: Tensor, text: Tensor, target: Tensor) -> Tensor | None:
        """Choose the classes of a step.

        Args:
            image: ``(S|1, N, D)`` unit features of the step's images.
            text: ``(C, D)`` unit text features of the frozen CLIP.
            target: ``(N,)`` labels.

        Returns:
            The class indices that stay, in rising order, on the host; None if all do.
        """
        if self.kept_ranks is None or len(self.kept_ranks) != len(text):
            self.kept_ranks = self._draw(len(text))
        if bool(self.kept_ranks.all()):
            return None
        near = (image @ text.T.to(image)).flatten(0, 1).amax(dim=0)  # (C,)
        near.index_fill_(0, target, math.inf)
        all_reduce(near, 'max')
        # How many classes stay decides the shapes of the step, so the host has to know: the one place where it waits.
        near = near.cpu()
        staying = torch.zeros(len(text), dtype=torch.bool)
        staying[near.argsort(descending=True, stable=True)[self.kept_ranks]] = True
        # a batch of more classes than the top has room for: its own never go
        staying |= near.isinf()
        return staying.nonzero().flatten()

    def _draw(self, count: int) -> Tensor:
        top = min(math.ceil(self.share * count), self.max_top)
        rest = count - top
        density = torch.exp(-torch.linspace(0, 5, max(rest, 1)) / self.decay)[:rest]
        if rest > 1:
            density = (density - density.min()) / (density.max() - density.min())
        generator = torch.Generator().manual_seed(counter_seed(self.seed, count))
        drawn = torch.rand(rest, generator=generator) < density
        return torch.cat([torch.ones(top, dtype=torch.bool), drawn])


def plan_of_classes(plan: PromptPlan, classes: Tensor) -> PromptPlan:
    """The plan for some of its classes.

    Args:
        plan: The plan for all.
        classes: Their indices, on the host.

    Returns:
        The same edits on fewer sentences.

    Raises:
        ValueError: If features of some classes are known beforehand: such a method has no sentences to save.
    """
    if plan.rows is not None or plan.text is None:
        raise ValueError(
            'class_skipping saves the encoding of sentences, and this prompter plans none for some classes; '
            'remove class_skipping from the model'
        )
    edits = tuple(
        edit if edit.tokens.shape[2] == 1 else replace(edit, tokens=edit.tokens[:, :, classes])
        for edit in plan.text_tower.edits
    )
    return replace(
        plan,
        text=plan.text.of_classes(classes, plan.templates),
        text_tower=replace(plan.text_tower, edits=edits),
    )


def output_of_classes(output: PromptOutput, classes: Tensor) -> PromptOutput:
    """The labels and the frozen CLIP's features and logits for the classes that the logits have.

    Args:
        output: Logits and text features of some classes, the teacher's of all, labels among all.
        classes: The indices of the classes, in rising order; the labels are among them.

    Returns:
        The output of these classes.
    """
    classes = classes.to(output.text.device, non_blocking=True)
    text, logits = output.teacher_text, output.teacher_logits
    return replace(
        output,
        target=None if output.target is None else torch.searchsorted(classes, output.target),
        teacher_text=None if text is None else text[classes],
        teacher_logits=None if logits is None else logits[:, classes],
    )
