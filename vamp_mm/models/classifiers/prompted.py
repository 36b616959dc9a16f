"""PromptedClassifier: a frozen CLIP, a prompter and a head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.model import BaseModel
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from vamp_mm.arguments import Component, PositiveInt
from vamp_mm.ops import cosine_logits, unit
from vamp_mm.registry import MODELS, build_part
from vamp_mm.structures import (
    PromptOutput,
    PromptPlan,
    TeacherOutput,
    Vocabulary,
)
from vamp_mm.weight_files import check_state_dict

from .class_features import ClassFeatures
from .forward_pass import forward_pass, make_plan
from .frozen_features import FrozenFeatures
from .labels import batch_labels
from .preprocessor import preprocessor_for
from .shortlist import check_shortlist
from .teacher import TextTeacher
from .zero_shot import zero_shot_scores


@MODELS.register_module()
class PromptedClassifier(BaseModel):
    """Image classification by prompting a frozen CLIP; every method is a choice of prompter and head.

    One forward pass: what does the prompter look at? -> frozen features with the empty plan, only if asked -> plan -> images
    -> texts -> head. Class names are not part of the weights: :meth:`set_vocabulary` changes them at any time.

    Args:
        backbone: Config of the ``PromptedCLIPBackbone``, or a built one.
        prompter: Config of the prompter.
        head: Config of the head.
        teacher: Config of the ``TextTeacher`` that gives the text features of the frozen CLIP; by default it encodes the
            vocabulary's own templates.
        class_skipping: Config of a ``ClassSkipping`` that leaves classes out of training steps (SkipT); None for none.
        data_preprocessor: Overrides for mmpretrain's ``ClsDataPreprocessor``, such as ``dict(to_rgb=True)`` behind
            a pipeline that loads BGR images. Mean and standard deviation always are those of the backbone's weights.
        vocabulary: Class names to start with, ``dict(names=..., templates=..., seen=...)``; a hook or a test loop usually
            sets them from the dataset.
        shortlist: In predictions of a method that samples, how many classes get the samples, those that the posterior mean
            ranks first; the others keep the logits of the mean. Faster with many classes and not exact; None samples all.

    Raises:
        ValueError: If a loss term needs what the prompter does not provide, the preprocessor mixes labels, or the method
            draws no samples that a shortlist could save.
    """

    def __init__(
        self,
        backbone: Component | nn.Module,
        prompter: Component,
        head: Component,
        teacher: Component | None = None,
        class_skipping: Component | None = None,
        data_preprocessor: dict[str, Any] | None = None,
        vocabulary: dict[str, Any] | None = None,
        shortlist: PositiveInt | None = None,
    ) -> None:
        clip = _build(backbone)
        super().__init__(data_preprocessor=preprocessor_for(clip, data_preprocessor))
        self.backbone = clip
        self.prompter = _build(prompter, clip=clip)
        self.head = _build(head, clip=clip)
        self.teacher: TextTeacher = _build(teacher or dict(type='TextTeacher'))
        self._features = ClassFeatures(self.teacher)
        self.class_skipping = None if class_skipping is None else _build(class_skipping)
        self.head.bind_prompter(self.prompter.provides)
        check_shortlist(shortlist, self.prompter)
        self.shortlist = shortlist
        self._vocabulary: Vocabulary | None = None
        self._bound_device: torch.device | None = None
        #: Whether predictions also hold ``zero_shot_score (C,)``, the probabilities of the frozen CLIP with the vocabulary's
        #: own templates. Costs the image blocks from the first edited one on; nothing if the image tower is not edited.
        self.beside_zero_shot = False
        #: Image features to reuse, None if that was not asked for (see :meth:`reuse_frozen_features`).
        self.frozen_features: FrozenFeatures | None = None
        if vocabulary is not None:
            self.set_vocabulary(Vocabulary(**vocabulary))

    @property
    def vocabulary(self) -> Vocabulary | None:
        """The class names that the model answers about, None before they are set."""
        return self._vocabulary

    @torch.no_grad()
    def text_features(self) -> Tensor:
        """Text features of the present classes, for methods whose text side does not depend on the image.

        Returns:
            ``(S|1, 1, C, D)`` unit features.

        Raises:
            ValueError: If the text side depends on the image.
        """
        if 'image' in self.prompter.requires:
            raise ValueError(
                f'the text features of {type(self.prompter).__name__} depend on the image; ask the model for '
                'predictions instead'
            )
        return self.encode_text(make_plan(self, None, None))

    def set_vocabulary(self, vocabulary: Vocabulary) -> None:
        """Answer about these classes from now on.

        Args:
            vocabulary: Class names and templates.

        Raises:
            ValueError: If a prompt is longer than the text tower's context.
        """
        self._bind(vocabulary)

    def reuse_frozen_features(self, pipeline: str | None, budget_mb: float) -> bool:
        """Do not compute the image features of the frozen tower twice, if this method never changes it.

        Args:
            pipeline: What the images come through from now on, None if their pixels are random: then nothing is reused.
            budget_mb: Upper bound of the features in MiB.

        Returns:
            Whether features are reused. A method that edits the image tower or reads its tokens needs more than features.

        Raises:
            ValueError: If the bound is not positive.
        """
        able = self.prompter.first_vision_layer is None and not self.head.reads
        if able and (self.frozen_features is None or self.frozen_features.budget_mb != budget_mb):
            self.frozen_features = FrozenFeatures(budget_mb)
        if self.frozen_features is not None:
            self.frozen_features.pipeline = pipeline if able else None
        return able and pipeline is not None

    def train(self, mode: bool = True) -> PromptedClassifier:
        """Change mode; kept text features are of the weights before, and go."""
        self._features.clear_prompted()
        return super().train(mode)

    @torch.no_grad()
    def extract_frozen(self, inputs: Tensor) -> Tensor:
        """Image features of the frozen, unprompted CLIP.

        Args:
            inputs: ``(N, 3, H, W)`` preprocessed images.

        Returns:
            ``(N, D)``, not normalised.
        """
        return self.backbone.encode_image(inputs).pooled[0]

    @torch.no_grad()
    def teach(self, inputs: Tensor) -> TeacherOutput:
        """Features and logits of the frozen CLIP, with the teacher's templates.

        Args:
            inputs: ``(N, 3, H, W)`` preprocessed images.

        Returns:
            What losses see of the teacher.
        """
        image = unit(self.extract_frozen(inputs))
        return TeacherOutput(image, self.teacher_text(), self.teacher_logits(image))

    @torch.no_grad()
    def plan(self, inputs: Tensor, target: Tensor | None = None) -> PromptPlan:
        """What the prompter plans for some images, without running a prompted tower.

        Args:
            inputs: ``(N, 3, H, W)`` preprocessed images.
            target: ``(N,)`` labels among the classes of the training; with them the latent of a
                variational method also has its prior.

        Returns:
            The plan; ``latent`` holds the posterior of a variational method.
        """
        self._bind_if_moved()
        wanted = 'image' in self.prompter.requires
        return make_plan(self, self.extract_frozen(inputs) if wanted else None, target)

    def parse_losses(self, losses: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """Add up the objective; guides of its gradient stay apart.

        Args:
            losses: What the head returned.

        Returns:
            The sum of all ``loss_*`` as a scalar, or with guides ``(2,)``: that sum and the sum of all ``guide_*``, which
            only ``ProjectedGradientOptimWrapper`` takes. And all values to log.
        """
        total, logged = super().parse_losses(losses)
        guides = [value for key, value in losses.items() if key.startswith('guide_')]
        return (torch.stack([total, torch.stack(guides).sum()]) if guides else total), logged

    def forward(
        self, inputs: Tensor, data_samples: Sequence[DataSample] | None = None, mode: str = 'tensor'
    ) -> Tensor | dict[str, Tensor] | list[DataSample]:
        """Run the model in one of MMEngine's modes.

        Args:
            inputs: ``(N, 3, H, W)`` preprocessed images.
            data_samples: One per image, with ``gt_label`` in mode ``'loss'``.
            mode: ``'tensor'``, ``'loss'`` or ``'predict'``.

        Returns:
            The predicting logits ``(S, N, C)``, a dict of loss terms, or data samples with prediction and uncertainty.

        Raises:
            ValueError: If the mode is unknown, or labels are missing or outside the vocabulary.
        """
        if mode == 'loss':
            target = batch_labels(data_samples, self._vocabulary, inputs.device)
            return self.head.loss(self.output(inputs, target, data_samples))
        if mode == 'predict':
            output = self.output(inputs, None, data_samples, self.beside_zero_shot)
            return self._with_zero_shot(output, self.head.predict(output, data_samples, self.seen))
        if mode == 'tensor':
            return self.head.predicting(self.output(inputs, None, data_samples), self.seen)
        raise ValueError(f"mode={mode!r} is unknown; allowed: 'tensor', 'loss', 'predict'")

    def output(
        self,
        inputs: Tensor,
        target: Tensor | None = None,
        data_samples: Sequence[DataSample] | None = None,
        zero_shot: bool = False,
    ) -> PromptOutput:
        """Logits of all branches and what losses read, before they become a loss or a prediction.

        Args:
            inputs: ``(N, 3, H, W)`` preprocessed images.
            target: ``(N,)`` labels in training; the output then has what the loss terms require.
            data_samples: One per image, by whose paths frozen features are found again.
            zero_shot: Whether the output also has the image features of the frozen CLIP.

        Returns:
            The output of the head.
        """
        self._bind_if_moved()
        return forward_pass(self, inputs, target, data_samples, zero_shot)

    def _with_zero_shot(self, output: PromptOutput, samples: list[DataSample]) -> list[DataSample]:
        """Add the probabilities of zero-shot CLIP, if they are wanted."""
        if (
            self.beside_zero_shot
            and self._vocabulary is not None
            and output.teacher_image is not None
        ):
            text = self._features.zero_shot(self.backbone, self._vocabulary)
            scores = zero_shot_scores(self.backbone, output.teacher_image, text).cpu()
            for sample, score in zip(samples, scores, strict=True):
                sample.set_field(score, 'zero_shot_score', dtype=torch.Tensor)
        return samples

    def encode_text(self, plan: PromptPlan) -> Tensor:
        """Text features of a plan's classes, kept while evaluating if they do not depend on the image.

        Args:
            plan: The plan of a batch.

        Returns:
            ``(S|1, N|1, C, D)`` unit features.
        """
        keep = (
            not self.training
            and not torch.is_grad_enabled()
            and 'image' not in self.prompter.requires
        )
        return self._features.prompted(self.backbone, plan, keep)

    def teacher_text(self) -> Tensor:
        """``(C, D)`` unit text features of the frozen CLIP, computed once per vocabulary."""
        assert self._vocabulary is not None
        return self._features.teacher(self.backbone, self._vocabulary)

    @torch.no_grad()
    def teacher_logits(self, image: Tensor | None) -> Tensor:
        """``(N, C)`` logits of the frozen CLIP, for its unit image features ``(N, D)``."""
        assert image is not None
        return cosine_logits(image[None], self.teacher_text()[None, None], self.head.logit_scale)[0]

    def _bind(self, vocabulary: Vocabulary | None) -> None:
        if vocabulary is not None:
            self.prompter.bind(self.backbone, vocabulary)
        # after bind: a name that does not fit leaves the old classes in place
        self._vocabulary = vocabulary
        self._features.clear()
        self._bound_device = self.backbone.device

    def _bind_if_moved(self) -> None:
        if self._bound_device != self.backbone.device:
            self._bind(self._vocabulary)

    @property
    def seen(self) -> bool:
        """Whether the present classes are those of the training."""
        return self._vocabulary is None or self._vocabulary.seen

    def _apply(self, fn, recurse: bool = True):  # type: ignore[no-untyped-def]
        # moved or cast: what was kept is of the old tensors
        self._features.clear()
        return super()._apply(fn, recurse)

    def _load_from_state_dict(self, state_dict: dict, prefix: str, *args: Any) -> None:
        own = {
            name.removeprefix(prefix): value
            for name, value in state_dict.items()
            if name.startswith(prefix)
        }
        check_state_dict(self, own)
        self._features.clear_prompted()
        super()._load_from_state_dict(state_dict, prefix, *args)


def _build(config: Mapping[str, Any] | nn.Module, **defaults: Any) -> Any:
    if isinstance(config, nn.Module):
        return config
    return build_part(config, **defaults)
