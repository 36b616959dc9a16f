"""The frozen vision tower: the modules that open_clip loaded, with the seam for prompts between the blocks.

Axis letters: S samples, N images, L tokens, K prompt tokens, W tower width, D joint width.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from vamp_mm.structures import EMBED, TokenEdit, TowerOutput, TowerPlan

from .edits import Spans, edit_tokens
from .resnet_trunk import no_tokens
from .trunks import BlockRun, make_trunk


@dataclass(frozen=True, eq=False)
class VisionStem:
    """Hidden states below the first edit, shared by the plain and the prompted pass.

    Args:
        hidden: ``(N, L, W)`` input of block ``layer``; for ``EMBED`` before the first LayerNorm.
        layer: The block that comes next; the last one at most, where the tower computes of it only what is read.
        rope: Rotary angles of the patches, where the tower has them.
    """

    hidden: Tensor
    layer: int
    rope: Tensor | None = None


class VisionTower(nn.Module):
    """A vision transformer that executes a :class:`TowerPlan`.

    Args:
        visual: The tower as open_clip loaded it.

    Raises:
        TypeError: If the tower has no transformer blocks to prompt.
    """

    def __init__(self, visual: nn.Module) -> None:
        super().__init__()
        self.visual = visual
        self._trunk = make_trunk(visual)
        self.width: int = self._trunk.width
        self.depth: int = self._trunk.depth
        size = getattr(visual, 'image_size', None)
        #: Height and width of the images that the positions are made for.
        self.image_size: tuple[int, int] = (size, size) if isinstance(size, int) else tuple(size)  # type: ignore[arg-type]

    @property
    def projection(self) -> Tensor | None:
        """``(W, D)`` from token width to the joint space; None if the tower ends in another way."""
        return self._trunk.projection

    def stem(self, images: Tensor, layer: int, textbook: bool = False) -> VisionStem:
        """Run plain CLIP up to the input of block ``layer``.

        Args:
            images: ``(N, 3, H, W)`` normalised images.
            layer: 0-based block index, ``EMBED``, or ``depth`` for all blocks that nothing edits.
            textbook: Take the textbook path, to compare numbers and times with.

        Returns:
            The hidden states, and what is needed to continue from them.

        Raises:
            ValueError: If the images have another size than the tower's positions.
        """
        if tuple(images.shape[-2:]) != self.image_size:
            given, own = (
                ' x '.join(map(str, size)) for size in (images.shape[-2:], self.image_size)
            )
            raise ValueError(
                f'images of {given} pixels, and the vision tower takes {own}; set the size in the pipeline of '
                'the dataset, or take an architecture for such images'
            )
        x, rope = self._trunk.embed(images)
        if layer > EMBED:
            x = self._trunk.norm_pre(x)
        # the last block is left to forward, which knows which tokens are read
        if self._trunk.reads_class_token and not textbook:
            layer = min(layer, self.depth - 1)
        for index in range(layer):
            x = self._trunk.block(index, x, BlockRun(rope=rope, textbook=textbook))
        return VisionStem(x, layer, rope)

    def forward(
        self,
        source: Tensor | VisionStem,
        plan: TowerPlan,
        read: Collection[str] = (),
        textbook: bool = False,
    ) -> TowerOutput:
        """Encode images.

        Args:
            source: ``(N, 3, H, W)`` images, or their stem from :meth:`stem`.
            plan: The edits; empty is plain CLIP.
            read: Names of edits whose tokens are returned.
            textbook: Take the textbook path, to compare numbers and times with: open_clip's own blocks, all tokens.

        Returns:
            ``pooled (S|1, N, D)``, for an empty plan S|1 = 1, and the tokens that are read.

        Raises:
            ValueError: If an edit lies below the stem or above the last block, or no edit has a name to read.
        """
        first = self.depth if plan.first is None else plan.first
        stem = source if isinstance(source, VisionStem) else self.stem(source, first, textbook)
        self._check(plan, stem.layer)
        leaves_out = self._trunk.reads_class_token and not textbook
        x, spans = stem.hidden.unsqueeze(0), Spans()  # (1, N, L, W)
        if stem.layer == EMBED:
            x = self._trunk.norm_pre(edit_tokens(x, self._edits(plan, EMBED), spans))
        for layer in range(max(stem.layer, 0), self.depth):
            x = edit_tokens(x, self._edits(plan, layer), spans)
            last = layer == self.depth - 1 and leaves_out
            how = BlockRun(
                residual=plan.residuals.get(layer),
                rope=stem.rope,
                extra=x.shape[-2] - stem.hidden.shape[-2],
                read=[slice(0, 1), *_places(spans, read)] if last else None,
                textbook=textbook,
            )
            x = self._trunk.block(layer, x.flatten(0, 1), how).unflatten(0, x.shape[:2])
        places, prompts = _places(spans, read), spans.all()
        if leaves_out:  # the others are gone
            places, prompts = _packed(places), ()
        pooled, tokens = self._trunk.finish(x.flatten(0, 1), prompts)
        return TowerOutput(
            pooled=pooled.unflatten(0, x.shape[:2]),
            tokens={
                name: tokens[:, place].unflatten(0, x.shape[:2])
                for name, place in zip(read, places, strict=True)
            },
        )

    def _edits(self, plan: TowerPlan, layer: int) -> tuple[TokenEdit, ...]:
        return tuple(self._trunk.place(edit) for edit in plan.at(layer))

    def _check(self, plan: TowerPlan, stem_layer: int) -> None:
        layers = [edit.layer for edit in plan.edits] + list(plan.residuals)
        wrong = [layer for layer in layers if layer >= self.depth or layer < stem_layer]
        wrong += (
            [plan.tuned.first] if plan.tuned is not None and plan.tuned.first < stem_layer else []
        )
        if layers and not self.depth:
            raise no_tokens()
        if wrong:
            raise ValueError(
                f'layer {wrong[0]} of the vision plan cannot be edited: this tower has blocks 0..'
                f'{self.depth - 1} and the shared stem ends before block {stem_layer}'
            )


def _places(spans: Spans, read: Collection[str]) -> list[slice]:
    """Where the tokens to read stand."""
    places = spans.named()
    for name in read:
        if name not in places:
            raise ValueError(
                f'no vision tokens are named {name!r}; named are {sorted(places)}: set the '
                "readout's tokens to one of them, or readout=None"
            )
    return [places[name] for name in read]


def _packed(places: Sequence[slice]) -> list[slice]:
    """Where the same tokens stand one after the other behind the class token."""
    packed, start = [], 1
    for place in places:
        packed.append(slice(start, start + place.stop - place.start))
        start = packed[-1].stop
    return packed
