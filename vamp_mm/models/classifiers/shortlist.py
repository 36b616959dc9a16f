"""Many samples for the classes that may win, the posterior mean for the others.

With C classes and S samples a prediction encodes S C sentences an image. Most classes are far behind whatever is sampled.
Here the posterior mean ranks all classes, and the K best get the samples: C + S K sentences. The classes that are left keep
the mean's logits in each sample, so this is not exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor

from vamp_mm.structures import PromptPlan, TowerOutput, TowerPlan

from .class_skipping import plan_of_classes
from .class_text import class_text


def check_shortlist(shortlist: int | None, prompter: Any) -> None:
    """Refuse a shortlist where nothing is sampled.

    Args:
        shortlist: Number of classes K, None for all.
        prompter: The prompter.

    Raises:
        ValueError: If predictions of the method do not draw two samples or more for each image.
    """
    if shortlist is None:
        return
    samples = getattr(prompter, 'test_samples', 0) if 'latent' in prompter.provides else 0
    if samples < 2 or 'image' not in prompter.requires:
        raise ValueError(
            f'shortlist={shortlist} saves sentences that are sampled for each image, and {type(prompter).__name__} samples '
            'none here; allowed: VaMP with test_samples of 2 or more, or shortlist=None'
        )


def is_shortened(shortlist: int | None, plan: PromptPlan) -> bool:
    """Whether a plan is of a prediction that a shortlist shortens."""
    return (
        shortlist is not None
        and plan.latent is not None
        and plan.latent.sample.shape[0] > 1
        and plan.text is not None
        and plan.rows is None
        and shortlist * plan.templates < len(plan.text)
    )


def shortlisted(
    model: Any, plan: PromptPlan, mean_plan: PromptPlan, image: TowerOutput
) -> tuple[Mapping[str, Tensor], Tensor, Tensor]:
    """Logits of all branches.

    Args:
        model: The classifier; its ``shortlist`` is K.
        plan: The plan with S samples.
        mean_plan: The plan of the posterior mean.
        image: Output of the vision tower for N images.

    Returns:
        Branch -> ``(S, N, C)`` logits; ``(S|1, N, D)`` unit image features; ``(1, N, C, D)`` unit text features of the mean.
    """
    text = model.encode_text(mean_plan)
    mean, feature = model.head(image, text)
    ranking = model.head.branch(mean, model.seen)[0]  # (N, C)
    best = ranking.topk(model.shortlist, dim=-1).indices.sort(dim=-1).values.cpu()
    samples = plan.latent.sample.shape[0]  # type: ignore[union-attr]
    logits = {name: value.expand(samples, -1, -1).clone() for name, value in mean.items()}
    for index, classes in enumerate(best):
        own = plan_of_classes(_of_image(plan, index), classes)
        drawn, _ = model.head(_one_image(image, index), class_text(model.backbone, own))
        for name, value in drawn.items():
            logits[name][:, index, classes.to(value.device)] = value[:, 0].to(logits[name].dtype)
    return logits, feature, text


def _of_image(plan: PromptPlan, index: int) -> PromptPlan:
    """The text plan of one image."""
    edits = tuple(
        edit
        if edit.tokens.shape[1] == 1
        else replace(edit, tokens=edit.tokens[:, index : index + 1])
        for edit in plan.text_tower.edits
    )
    return replace(plan, text_tower=replace(plan.text_tower, edits=edits), vision_tower=TowerPlan())


def _one_image(image: TowerOutput, index: int) -> TowerOutput:
    one = slice(index, index + 1)
    tokens = {name: value[:, one] for name, value in image.tokens.items()}
    return TowerOutput(image.pooled[:, one], tokens)
