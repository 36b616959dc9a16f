"""What the package needs to know about an original implementation, to compare with it and to read its checkpoints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

import torch
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from vamp_mm.structures import Vocabulary

from .links import Link


class Recorded(Protocol):
    """A recorded run of an original (see :mod:`vamp_mm.originals.parity.case`)."""

    meta: Mapping[str, Any]

    @property
    def hyper(self) -> Mapping[str, Any]:
        """The original's options."""

    @property
    def names(self) -> tuple[str, ...]:
        """Class names of the training."""

    def __getitem__(self, key: str) -> Tensor:
        """One recorded array."""

    def __contains__(self, key: str) -> bool:
        """Whether an array was recorded."""

    def group(self, prefix: str) -> dict[str, Tensor]:
        """All arrays below a prefix, such as ``learn``."""

    def samples(self) -> list[DataSample]:
        """The labels as data samples."""


class Original:
    """The original of one method: a subclass per file, an instance per table row.

    A subclass gives at least :meth:`model` and :meth:`links`; the rest has defaults that fit most methods.
    """

    #: What the method is called on the command line.
    name: str = ''
    #: How ``meta['method']`` of a recording starts.
    recorded_as: tuple[str, ...] = ()
    #: Recorded ``loss/<term>`` -> name of our loss term, compared before weighting.
    terms: Mapping[str, str] = MappingProxyType({'ce': 'ce_class'})
    #: The same for terms that were recorded after weighting.
    weighted_terms: Mapping[str, str] = MappingProxyType({})
    #: Absolute tolerances; two correct float32 programs differ by about that much.
    logit_atol = 2e-5
    feature_atol = 1e-5
    loss_atol = 1e-5
    #: Last parts of the names of stored tensors that belong to class names, and are dropped.
    class_bound: tuple[str, ...] = (
        'token_prefix',
        'token_suffix',
        'token_midfix',
        'nc_token_prefix',
        'nc_token_suffix',
        'token_embedding',
        'tokenized_prompts',
    )
    #: How names of stored tensors begin that are left: the frozen CLIP, a frozen teacher, weights that are never used.
    clutter: tuple[str, ...] = (
        'image_encoder.',
        'text_encoder.',
        'clip_model.',
        'logit_scale',
        'prompt_learner.ZS_image_encoder.',
    )
    #: Config of the optimizer wrapper that the method trains with.
    optim_wrapper: Mapping[str, Any] = MappingProxyType({'type': 'OptimWrapper'})
    #: Whether the method changes weights of CLIP, which then cannot be shared with other methods.
    trains_backbone = False
    #: Recorded arrays that are not compared, with the reason.
    not_compared: Mapping[str, str] = MappingProxyType({})

    def matches(self, method: str) -> bool:
        """Whether a recording's ``meta['method']`` is of this method."""
        # 'coop' is neither 'cocoop' nor 'coop2', and 'mmrl' not 'mmrl++'
        return any(re.match(re.escape(name) + r'(?![\w+])', method) for name in self.recorded_as)

    def model(self, case: Recorded) -> dict[str, Any]:
        """Arguments of ``PromptedClassifier`` besides the backbone: ``prompter``, ``head`` and what else differs.

        Args:
            case: Hyper-parameters in ``case.hyper`` (the original's option names), shapes in ``case.group('learn')``.

        Returns:
            The configs.
        """
        raise NotImplementedError

    def links(self, names: Iterable[str]) -> Sequence[Link]:
        """From the original's learnable tensors to ours.

        Args:
            names: The original's names, as in a recording or a checkpoint; others among them are not learnables.

        Returns:
            One link per tensor of our model.
        """
        return []

    def names(self, state: Mapping[str, Tensor]) -> list[str]:
        """The original's names of the learnables of one of our state dicts; needed where their number varies."""
        return [name for link in self.links([]) for name in link.names]

    def counters(self, state: Mapping[str, Tensor]) -> list[str]:
        """Names of our integer state that an original's checkpoint does not have and that starts at 0."""
        return []

    def settings(self, state: Mapping[str, Tensor]) -> dict[str, Any]:
        """Dotted config keys that follow from the shapes of our state dict, for the config that will load it."""
        return {}

    def learnables(self, case: Recorded) -> dict[str, Tensor]:
        """The values of the learnables of a recording, under the original's names."""
        return case.group('learn')

    def vocabulary(self, case: Recorded, names: Sequence[str], seen: bool = True) -> Vocabulary:
        """Class names with the recording's template."""
        template = case.meta.get('template', 'a photo of a {}.')
        return Vocabulary(tuple(names), (template,), seen)

    def wrapper(self, case: Recorded) -> dict[str, Any]:
        """Config of the optimizer wrapper of a recording."""
        return dict(self.optim_wrapper)

    def optimiser(self, case: Recorded, own: bool) -> Any:
        """Settings of the recorded step.

        Args:
            case: The recording.
            own: Whether of the method's own optimiser instead of SGD.

        Returns:
            Class name as ``type``, and its arguments; None if no such step was recorded.
        """
        return case.meta.get('own_optimiser_step' if own else 'optimiser_step')

    def groups(self, model: nn.Module, settings: dict[str, Any]) -> list[dict[str, Any]]:
        """Parameter groups of the optimiser; settings that belong to single groups are taken out of ``settings``."""
        return [{'params': [value for value in model.parameters() if value.requires_grad]}]

    def prepare(self, model: nn.Module, case: Recorded, training: bool) -> None:
        """Set what the original drew at random (``noise/*``), right before a forward pass."""

    def logits(self, model: nn.Module, images: Tensor) -> Tensor:
        """``(N, C)``, what the original's test would use."""
        out = model(images, mode='tensor')  # (S, N, C)
        return out[0]

    def new_vocabulary(self, case: Recorded) -> Vocabulary:
        """Class names of ``eval_logits_newnames``."""
        return self.vocabulary(case, case.meta['new_classnames'])

    @torch.no_grad()
    def extras(self, model: nn.Module, case: Recorded) -> dict[str, Tensor]:
        """Further recorded arrays (evaluation mode), recomputed by us: recorded key -> value."""
        return {}

    def train_extras(self, model: nn.Module, case: Recorded) -> dict[str, Tensor]:
        """Further recorded arrays (training mode, before the step), recomputed by us: recorded key -> value."""
        return {}
