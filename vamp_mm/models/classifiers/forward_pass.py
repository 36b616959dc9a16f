"""One forward pass in four steps: frozen image, plan, prompted towers, output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import torch
from mmpretrain.structures import DataSample
from torch import Tensor

from vamp_mm.ops import unit
from vamp_mm.structures import PromptContext, PromptOutput, PromptPlan, TowerOutput

from ..clip.vision import VisionStem
from .class_skipping import output_of_classes, plan_of_classes
from .class_text import class_text
from .frozen_features import FrozenFeatures
from .shortlist import is_shortened, shortlisted


class PromptedModel(Protocol):
    """The parts that a forward pass runs: ``PromptedClassifier``."""

    backbone: Any
    prompter: Any
    head: Any
    class_skipping: Any
    frozen_features: FrozenFeatures | None
    training: bool
    shortlist: int | None
    seen: bool

    def encode_text(self, plan: PromptPlan) -> Tensor:
        """``(S|1, N|1, C, D)`` unit text features of a plan."""

    def teacher_text(self) -> Tensor:
        """``(C, D)`` unit text features of the frozen CLIP."""

    def teacher_logits(self, image: Tensor | None) -> Tensor:
        """``(N, C)`` logits of the frozen CLIP."""


class FrozenImage(NamedTuple):
    """What the frozen image tower gives before anything is prompted.

    Args:
        stem: Hidden states below the first edited block; None where the features are reused and no tower runs.
        feature: ``(N, D)`` features of plain CLIP, not normalised; None where nothing requires them.
    """

    stem: VisionStem | None
    feature: Tensor | None


def forward_pass(
    model: PromptedModel,
    inputs: Tensor,
    target: Tensor | None = None,
    samples: Sequence[DataSample] | None = None,
    zero_shot: bool = False,
) -> PromptOutput:
    """Run a batch through the model, up to the logits.

    Args:
        model: The model, its vocabulary bound.
        inputs: ``(N, 3, H, W)`` preprocessed images.
        target: ``(N,)`` labels in training; the output then has what the loss terms require.
        samples: The N data samples, by whose paths frozen features are found again.
        zero_shot: Whether the output also has the image features of the frozen CLIP.

    Returns:
        The output.
    """
    needs = _needs(model, target, zero_shot)
    frozen = frozen_image(model, inputs, samples, 'teacher_image' in needs)
    plan = make_plan(model, frozen.feature, target)
    image = _prompted_image(model, frozen, plan)
    classes = _step_classes(model, image, target)
    if not model.training and is_shortened(model.shortlist, plan):
        mean_plan = make_plan(model, frozen.feature, None, mean=True)
        logits, feature, text = shortlisted(model, plan, mean_plan, image)
    else:
        text = model.encode_text(plan if classes is None else plan_of_classes(plan, classes))
        logits, feature = model.head(image, text)
    teacher = None
    if 'teacher_image' in needs and frozen.feature is not None:
        teacher = unit(frozen.feature)
    output = PromptOutput(
        logits=logits,
        image=feature,
        text=text,
        teacher_image=teacher,
        teacher_text=model.teacher_text() if 'teacher_text' in needs else None,
        teacher_logits=model.teacher_logits(teacher) if 'teacher_logits' in needs else None,
        latent=plan.latent,
        target=target,
        extra={
            name: class_text(model.backbone, part)
            for name, part in plan.extra.items()
            if name in needs
        },
        logit_scale=model.head.logit_scale,
    )
    return output if classes is None else output_of_classes(output, classes)


def frozen_image(
    model: PromptedModel,
    inputs: Tensor,
    samples: Sequence[DataSample] | None,
    wanted: bool,
) -> FrozenImage:
    """The first step: blocks that no plan edits run once, the rest of plain CLIP only if something requires its features.

    Args:
        model: The model.
        inputs: ``(N, 3, H, W)`` preprocessed images.
        samples: Their data samples.
        wanted: Whether somebody other than the prompter requires the features.

    Returns:
        Hidden states and features.
    """
    if model.frozen_features is not None:
        kept = model.frozen_features.encode(model.backbone, inputs, samples)
        if kept is not None:
            return FrozenImage(None, kept)
    with torch.no_grad():
        stem = model.backbone.image_stem(inputs, model.prompter.first_vision_layer)
        if not (wanted or 'image' in model.prompter.requires):
            return FrozenImage(stem, None)
        return FrozenImage(stem, model.backbone.encode_image(stem).pooled[0])


def make_plan(
    model: PromptedModel, feature: Tensor | None, target: Tensor | None, mean: bool = False
) -> PromptPlan:
    """The second step: the prompter looks at what it requires, and plans.

    Args:
        model: The model.
        feature: ``(N, D)`` features of plain CLIP.
        target: ``(N,)`` labels in training.
        mean: Whether a variational method plans its posterior mean in place of samples.

    Returns:
        The plan.
    """
    requires = model.prompter.requires
    return model.prompter(
        PromptContext(
            image=feature if 'image' in requires else None,
            text=model.teacher_text() if 'text' in requires else None,
            target=target if 'target' in requires else None,
            mean=mean,
        )
    )


def _needs(model: PromptedModel, target: Tensor | None, zero_shot: bool) -> frozenset[str]:
    needs: frozenset[str] = model.head.requires if target is not None else frozenset()
    if 'teacher_logits' in needs:
        needs |= {'teacher_image', 'teacher_text'}
    return needs | {'teacher_image'} if zero_shot else needs


def _prompted_image(model: PromptedModel, frozen: FrozenImage, plan: PromptPlan) -> TowerOutput:
    if frozen.stem is not None:
        return model.backbone.encode_image(frozen.stem, plan, model.head.reads)
    assert frozen.feature is not None  # reused: no plan of this method edits the image tower
    return TowerOutput(frozen.feature[None])


def _step_classes(model: PromptedModel, image: TowerOutput, target: Tensor | None) -> Tensor | None:
    """Classes that a training step answers about, on the host; None for all."""
    if model.class_skipping is None or target is None or not model.training:
        return None
    return model.class_skipping(unit(image.pooled.detach()), model.teacher_text(), target)
