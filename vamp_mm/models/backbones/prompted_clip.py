"""PromptedCLIPBackbone: the two frozen towers of a CLIP and the seam through which prompts enter them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from vamp_mm.arguments import PositiveInt
from vamp_mm.registry import MODELS
from vamp_mm.structures import EMPTY_PLAN, PromptPlan, TextPrompts, TowerOutput, TowerPlan

from ..clip import PromptTokenizer, TextTower, VisionTower, load_clip
from ..clip.frozen_dtype import FrozenDtype, computing_in, store_matrices
from ..clip.vision import VisionStem


@MODELS.register_module()
class PromptedCLIPBackbone(nn.Module):
    """A frozen CLIP that executes a :class:`PromptPlan`; with the empty plan it is plain CLIP.

    The weights are loaded by the constructor, because prompters read token embeddings when they are built. The towers are
    always in evaluation mode and without gradients, and they are left out of checkpoints: the config names them.

    Args:
        arch: An open_clip model name (``'ViT-B-16'``), a path to an architecture JSON in open_clip's layout,
            ``'local-dir:FOLDER'`` or ``'hf-hub:ORGANISATION/NAME'`` (with their own weights unless ``pretrained`` is given),
            the name of an embedded architecture, or None to read the architecture off an OpenAI state dict.
        pretrained: An open_clip tag (``'openai'``), a local file (torch archive, TorchScript or safetensors),
            ``'TAG@FILE'`` for a local file of a known origin (``'openai@/weights/mine.pt'``), ``'embedded'`` for the small
            CLIP that ships with the project, or None for random weights.
        image_mean: Per-channel mean on the scale 0..1; by default the one that belongs to the weights.
        image_std: Per-channel standard deviation, likewise.
        cache_dir: Where open_clip keeps downloads.
        max_tokens: Most tokens that a block of the text tower computes at once, which bounds its memory. A larger plan is
            cut into shares of classes, images and samples; in training their activations are computed again for backward
            (same gradients, about half as much time again). None goes by the memory that is free at the first call.
        frozen_dtype: ``'bfloat16'`` or ``'float16'`` to keep the matrices of the frozen towers in half precision and to run
            the towers under autocast to it: the numbers of ``--amp``, half the memory of the weights, and no cast of them
            in every pass. None keeps float32.

    Raises:
        ValueError: If the architecture or tag is unknown, or a file may be one of several published weights that differ in
            what belongs to them.
        FileNotFoundError: If a weight file is missing.
        CheckpointError: If a weight file is of another kind, damaged, or does not fit the architecture.
        TypeError: If a tower has no transformer blocks to prompt.
    """

    logit_scale: Tensor

    def __init__(
        self,
        arch: str | None,
        pretrained: str | None = None,
        image_mean: Sequence[float] | None = None,
        image_std: Sequence[float] | None = None,
        cache_dir: str | None = None,
        max_tokens: PositiveInt | None = None,
        frozen_dtype: FrozenDtype | None = None,
    ) -> None:
        super().__init__()
        loaded = load_clip(
            arch, pretrained, image_mean, image_std, cache_dir, unknown_origin='refuse'
        )
        self.vision = VisionTower(loaded.model.visual)
        self.text = TextTower(loaded.model, max_tokens)
        self.register_buffer(
            'logit_scale', loaded.model.logit_scale.detach().exp().reshape(()), persistent=False
        )
        self.image_size = loaded.image_size
        self.image_mean = loaded.image_mean
        self.image_std = loaded.image_std
        self.interpolation = loaded.interpolation
        self.resize_mode = loaded.resize_mode
        self.quick_gelu = loaded.quick_gelu
        self._tokenizer = PromptTokenizer(
            loaded.tokenizer,
            self.text.context_length,
            self.text.pool,
            self.text.eos_id,
            self.text.causal,
        )
        self._dtype: torch.dtype | None = None
        self.requires_grad_(False)
        self.train(False)
        self._register_state_dict_hook(_drop_frozen)
        self.register_load_state_dict_post_hook(_expect_no_frozen)
        self._embed_dim = self._probe_embed_dim()
        if frozen_dtype is not None:
            self._dtype = getattr(torch, frozen_dtype)
            for tower in (self.vision, self.text):
                store_matrices(tower, self._dtype)

    @property
    def embed_dim(self) -> int:
        """Width D of the joint embedding space."""
        return self._embed_dim

    @property
    def device(self) -> torch.device:
        """Where the towers live."""
        return self.logit_scale.device

    def train(self, mode: bool = True) -> PromptedCLIPBackbone:
        """Stay in evaluation mode: the towers are frozen, and must not wake dropout."""
        return super().train(False)

    def forward(self, images: Tensor) -> tuple[Tensor]:
        """Plain image features, so that the backbone also serves mmpretrain's ``ImageClassifier``.

        Args:
            images: ``(N, 3, H, W)`` normalised images.

        Returns:
            One tensor ``(N, D)``, not normalised.
        """
        return (self.encode_image(images).pooled[0],)

    def image_stem(self, images: Tensor, layer: int | None, textbook: bool = False) -> VisionStem:
        """Hidden states below the first edit, to be shared by the plain and the prompted pass.

        Args:
            images: ``(N, 3, H, W)`` normalised images.
            layer: First edited block, ``EMBED``, or None if the vision tower is not edited.
            textbook: Run open_clip's own blocks: same numbers, to compare with.

        Returns:
            The hidden states, and what is needed to continue from them.
        """
        return self.vision.stem(images, self.vision.depth if layer is None else layer, textbook)

    def encode_image(
        self,
        images: Tensor | VisionStem,
        plan: PromptPlan = EMPTY_PLAN,
        read: Collection[str] = (),
        textbook: bool = False,
    ) -> TowerOutput:
        """Encode images.

        Args:
            images: ``(N, 3, H, W)`` normalised images, or their stem from :meth:`image_stem`.
            plan: Only ``plan.vision_tower`` is read.
            read: Names of edits whose tokens ``(S|1, N, K, W)`` after the last LayerNorm are returned, too.
            textbook: Run open_clip's own blocks on all tokens: same numbers, to compare with.

        Returns:
            ``pooled (S|1, N, D)``, not normalised, and the tokens that are read.
        """
        return self._run(self.vision, plan.vision_tower, images, read, textbook)

    def encode_text(
        self, prompts: TextPrompts, plan: PromptPlan = EMPTY_PLAN, textbook: bool = False
    ) -> TowerOutput:
        """Encode sentences.

        Args:
            prompts: C tokenised sentences from :meth:`tokenize`.
            plan: Only ``plan.text_tower`` is read.
            textbook: Run every (sample, image, class) as a sentence of the full context length through all blocks,
                nothing shared: same numbers, to compare with.

        Returns:
            ``pooled (S|1, N|1, C, D)``, not normalised.
        """
        return self._run(self.text, plan.text_tower, prompts, textbook)

    def tokenize(self, sentences: Sequence[str]) -> TextPrompts:
        """Tokenise C sentences, on the device of the towers.

        Args:
            sentences: One sentence per class.

        Returns:
            Their token ids.

        Raises:
            ValueError: If a sentence is longer than the text tower's context.
        """
        prompts = self._tokenizer(sentences)
        return replace(prompts, ids=prompts.ids.to(self.device), eot=prompts.eot.to(self.device))

    def embed(self, ids: Tensor) -> Tensor:
        """Token embeddings ``(..., W)`` of ids ``(...)``, without positions."""
        return self.text.token_embedding(ids)

    def readable_tokens(self, ids: Sequence[int]) -> list[str]:
        """Token ids as text (:meth:`PromptTokenizer.readable`)."""
        return self._tokenizer.readable(ids)

    def _run(self, tower: nn.Module, plan: TowerPlan, source: Any, *options: Any) -> TowerOutput:
        """A tower, or the tuned one that runs in its place."""
        tower = tower if plan.tuned is None else plan.tuned.tower
        with (
            computing_in(self._dtype, self.device),
            torch.set_grad_enabled(torch.is_grad_enabled() and not plan.frozen),
        ):
            return tower(source, plan, *options)

    @torch.no_grad()
    def _probe_embed_dim(self) -> int:
        hidden = torch.zeros(1, 2, self.text.width, device=self.device)
        return self.text.project(hidden).shape[-1]


def _drop_frozen(module: nn.Module, state: dict, prefix: str, _metadata: object) -> None:
    for name, parameter in module.named_parameters():
        if not parameter.requires_grad:
            state.pop(prefix + name, None)
    for name, _ in module.named_buffers():
        state.pop(prefix + name, None)


def _expect_no_frozen(module: nn.Module, incompatible: object) -> None:
    """Take back the complaint that the frozen weights are missing from a checkpoint."""
    frozen = {name for name, parameter in module.named_parameters() if not parameter.requires_grad}
    frozen |= {name for name, _ in module.named_buffers()}
    missing: list[str] = incompatible.missing_keys  # type: ignore[attr-defined]
    missing[:] = [
        key
        for key in missing
        if not any(key == name or key.endswith('.' + name) for name in frozen)
    ]
