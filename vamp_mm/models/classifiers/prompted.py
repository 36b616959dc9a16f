"""PromptedClassifier: a frozen CLIP, a prompter and a head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.logging import print_log
from mmengine.model import BaseModel
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from vamp_mm.arguments import Component
from vamp_mm.ops import cosine_logits, unit
from vamp_mm.registry import MODELS, build_part
from vamp_mm.structures import (
    PromptContext,
    PromptOutput,
    PromptPlan,
    TeacherOutput,
    TowerOutput,
    Vocabulary,
)

from .class_skipping import output_of_classes, plan_of_classes
from .class_text import class_text
from .frozen_features import FrozenFeatures
from .strict_state import check_state
from .teacher import TextTeacher
from .zero_shot import zero_shot_scores, zero_shot_text


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

    Raises:
        ValueError: If a loss term needs what the prompter does not provide, or the preprocessor mixes labels.
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
    ) -> None:
        clip = _build(backbone)
        super().__init__(data_preprocessor=_preprocessor(data_preprocessor, clip))
        self.backbone = clip
        self.prompter = _build(prompter, clip=clip)
        self.head = _build(head, clip=clip)
        self.teacher: TextTeacher = _build(teacher or dict(type='TextTeacher'))
        self.class_skipping = None if class_skipping is None else _build(class_skipping)
        self.head.bind_prompter(self.prompter.provides)
        self._vocabulary: Vocabulary | None = None
        self._bound_device: torch.device | None = None
        self._teacher_text: Tensor | None = None
        self._text_cache: Tensor | None = None
        self._zero_shot_text: Tensor | None = None
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
        known = self._teacher() if 'text' in self.prompter.requires else None
        return self._text(self.prompter(PromptContext(text=known)))

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
        able = self.prompter.first_vision_layer is None and not self.head.wants_tokens
        if able and (self.frozen_features is None or self.frozen_features.budget_mb != budget_mb):
            self.frozen_features = FrozenFeatures(budget_mb)
        if self.frozen_features is not None:
            self.frozen_features.pipeline = pipeline if able else None
        return able and pipeline is not None

    def train(self, mode: bool = True) -> PromptedClassifier:
        """Change mode; kept text features are of the weights before, and go."""
        self._text_cache = None
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
        return TeacherOutput(image, self._teacher(), self._teacher_logits(image))

    @torch.no_grad()
    def plan(self, inputs: Tensor, target: Tensor | None = None) -> PromptPlan:
        """What the prompter asks of CLIP for some images, without running a prompted tower.

        Args:
            inputs: ``(N, 3, H, W)`` preprocessed images.
            target: ``(N,)`` labels among the classes of the training; with them a variational method also says what its
                prior is.

        Returns:
            The plan; ``latent`` holds the posterior of a variational method.
        """
        if self._bound_device != self.backbone.device:
            self._bind(self._vocabulary)
        image = self.extract_frozen(inputs) if 'image' in self.prompter.requires else None
        known = self._teacher() if 'text' in self.prompter.requires else None
        return self.prompter(PromptContext(image=image, text=known, target=target))

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
            target = self._targets(data_samples, inputs.device)
            output = self._run(inputs, target, data_samples)
            # labels among the classes of this step
            return self.head.loss(
                output,
                target if output.classes is None else torch.searchsorted(output.classes, target),
            )
        if mode == 'predict':
            output = self._run(
                inputs, data_samples=data_samples, wants_teacher=self.beside_zero_shot
            )
            return self._with_zero_shot(output, self.head.predict(output, data_samples, self._seen))
        if mode == 'tensor':
            return self.head.predicting(self._run(inputs, data_samples=data_samples), self._seen)
        raise ValueError(f"mode={mode!r} is unknown; allowed: 'tensor', 'loss', 'predict'")

    def _run(
        self,
        inputs: Tensor,
        target: Tensor | None = None,
        data_samples: Sequence[DataSample] | None = None,
        wants_teacher: bool = False,
    ) -> PromptOutput:
        if self._bound_device != self.backbone.device:
            self._bind(self._vocabulary)
        needs: frozenset[str] = self.head.requires if target is not None else frozenset()
        if 'teacher_logits' in needs:
            needs |= {'teacher_image', 'teacher_text'}
        wants_frozen = 'image' in self.prompter.requires or 'teacher_image' in needs
        kept = (
            None
            if self.frozen_features is None
            else self.frozen_features.encode(self.backbone, inputs, data_samples)
        )
        with torch.no_grad():
            source = (
                None
                if kept is not None
                else self.backbone.image_stem(inputs, self.prompter.first_vision_layer)
            )
            frozen = kept
            if source is not None and (wants_frozen or wants_teacher):
                frozen = self.backbone.encode_image(source).pooled[0]
        known = self._teacher() if 'text' in self.prompter.requires else None
        plan = self.prompter(
            PromptContext(image=frozen if wants_frozen else None, text=known, target=target)
        )
        if source is not None:
            image = self.backbone.encode_image(source, plan, self.head.wants_tokens)
        else:
            assert kept is not None
            image = TowerOutput(kept[None])
        classes = self._step_classes(image, target)
        text = self._text(plan if classes is None else plan_of_classes(plan, classes))
        logits, feature = self.head(image, text)
        wants_teacher |= 'teacher_image' in needs
        teacher_image = unit(frozen) if wants_teacher and frozen is not None else None
        output = PromptOutput(
            logits=logits,
            image=feature,
            text=text,
            teacher_image=teacher_image,
            teacher_text=self._teacher() if 'teacher_text' in needs else None,
            teacher_logits=self._teacher_logits(teacher_image)
            if 'teacher_logits' in needs
            else None,
            latent=plan.latent,
            class_free=self._class_free(plan) if 'class_free' in needs else None,
            logit_scale=self.head.logit_scale,
        )
        return output if classes is None else output_of_classes(output, classes)

    def _with_zero_shot(self, output: PromptOutput, samples: list[DataSample]) -> list[DataSample]:
        """Add what zero-shot CLIP says, if that is asked for."""
        if (
            self.beside_zero_shot
            and self._vocabulary is not None
            and output.teacher_image is not None
        ):
            if self._zero_shot_text is None:
                self._zero_shot_text = zero_shot_text(self.backbone, self._vocabulary)
            scores = zero_shot_scores(self.backbone, output.teacher_image, self._zero_shot_text)
            for sample, score in zip(samples, scores, strict=True):
                sample.set_field(score, 'zero_shot_score', dtype=torch.Tensor)
        return samples

    def _step_classes(self, image: TowerOutput, target: Tensor | None) -> Tensor | None:
        """Classes that a training step answers about, None for all."""
        if self.class_skipping is None or target is None or not self.training:
            return None
        return self.class_skipping(unit(image.pooled.detach()), self._teacher(), target)

    def _text(self, plan: PromptPlan) -> Tensor:
        """``(S|1, N|1, C, D)`` unit text features, kept while evaluating if they do not depend on the image."""
        keep = (
            not self.training
            and not torch.is_grad_enabled()
            and 'image' not in self.prompter.requires
        )
        if keep and self._text_cache is not None:
            return self._text_cache
        text = class_text(self.backbone, plan)
        if keep:
            self._text_cache = text
        return text

    def _class_free(self, plan: PromptPlan) -> Tensor:
        """``(S|1, N|1, 1, D)`` unit text features of the prompts without a class name."""
        if plan.class_free is None or plan.class_free.text is None:
            raise RuntimeError(
                'a loss term needs prompts without a class name, and the prompter plans none; remove '
                'ContextOrthogonality from head.losses or use a PromptCollection'
            )
        return unit(self.backbone.encode_text(plan.class_free.text, plan.class_free).pooled)

    @torch.no_grad()
    def _teacher(self) -> Tensor:
        """``(C, D)`` unit text features of the frozen CLIP, once per vocabulary."""
        if self._teacher_text is None:
            assert self._vocabulary is not None
            self._teacher_text = self.teacher.encode(self.backbone, self._vocabulary)
        return self._teacher_text

    @torch.no_grad()
    def _teacher_logits(self, image: Tensor | None) -> Tensor:
        """``(N, C)`` logits of the frozen CLIP, for unit image features ``(N, D)``."""
        assert image is not None
        return cosine_logits(image[None], self._teacher()[None, None], self.head.logit_scale)[0]

    def _bind(self, vocabulary: Vocabulary | None) -> None:
        if vocabulary is not None:
            self.prompter.bind(self.backbone, vocabulary)
        # after bind: a name that does not fit leaves the old classes in place
        self._vocabulary = vocabulary
        self._teacher_text = self._text_cache = self._zero_shot_text = None
        self._bound_device = self.backbone.device

    @property
    def _seen(self) -> bool:
        return self._vocabulary is None or self._vocabulary.seen

    def _targets(self, data_samples: Sequence[DataSample] | None, device: torch.device) -> Tensor:
        if not data_samples or any('gt_label' not in sample for sample in data_samples):
            raise ValueError("mode='loss' needs data_samples with gt_label, one per image")
        # on the host, see HostLabelPreprocessor
        target = torch.cat([sample.gt_label for sample in data_samples])
        count = len(self._vocabulary) if self._vocabulary is not None else 0
        wrong = [label for label in target.tolist() if not 0 <= label < count]
        if count and wrong:
            raise ValueError(
                f'label {wrong[0]} is outside the vocabulary of {count} classes; set the vocabulary '
                'of the training set (VocabularyHook)'
            )
        return target.to(device, non_blocking=True)

    def _apply(self, fn, recurse: bool = True):  # type: ignore[no-untyped-def]
        # moved or cast: what was kept is of the old tensors
        self._text_cache = self._teacher_text = self._zero_shot_text = None
        return super()._apply(fn, recurse)

    def _load_from_state_dict(self, state_dict: dict, prefix: str, *args: Any) -> None:
        check_state(self, state_dict, prefix)
        self._text_cache = None
        super()._load_from_state_dict(state_dict, prefix, *args)


def _build(config: Mapping[str, Any] | nn.Module, **defaults: Any) -> Any:
    if isinstance(config, nn.Module):
        return config
    return build_part(config, **defaults)


def _preprocessor(config: dict[str, Any] | None, clip: Any) -> dict[str, Any]:
    own = dict(
        mean=[255 * value for value in clip.image_mean],
        std=[255 * value for value in clip.image_std],
    )
    merged = dict(config or {})
    merged.setdefault('type', 'vamp_mm.HostLabelPreprocessor')
    if merged.get('batch_augments'):
        raise ValueError(
            f'data_preprocessor.batch_augments={merged["batch_augments"]!r} mixes labels, and the losses here '
            'take one label per image: leave it out'
        )
    for key, value in own.items():
        if key in merged and not torch.allclose(
            torch.tensor(merged[key]).float(), torch.tensor(value), atol=0.1
        ):
            print_log(
                f'data_preprocessor.{key}={list(merged[key])} is not what the weights of the backbone were '
                f'trained with; using {[round(v, 3) for v in value]} (set backbone.image_{key} to change it)',
                'current',
                30,
            )
    return {**merged, **own}
