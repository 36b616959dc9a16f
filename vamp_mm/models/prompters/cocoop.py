"""One shift of all context tokens per image (CoCoOp, Zhou et al., CVPR 2022, eq. 4-5)."""

from __future__ import annotations

from torch import Tensor, nn

from vamp_mm.arguments import PositiveInt
from vamp_mm.ops import unit
from vamp_mm.registry import MODELS
from vamp_mm.structures import FrozenCLIP, Latent, PromptContext


@MODELS.register_module()
class ImageShift(nn.Module):
    """The meta-net: a bottleneck from the unit image feature to the width of the text tower.

    Args:
        clip: The backbone, for its widths.
        reduction: Joint width D over hidden units.

    Raises:
        ValueError: If no hidden unit is left.
    """

    requires = frozenset({'image'})
    provides: frozenset[str] = frozenset()

    def __init__(self, clip: FrozenCLIP, reduction: PositiveInt = 16) -> None:
        super().__init__()
        hidden = clip.embed_dim // reduction
        if hidden < 1:
            raise ValueError(
                f'reduction={reduction} leaves no hidden unit of the joint width {clip.embed_dim}'
            )
        self.linear1 = nn.Linear(clip.embed_dim, hidden)
        self.relu = nn.ReLU()
        self.linear2 = nn.Linear(hidden, clip.text.width)

    def forward(self, context: PromptContext) -> tuple[Tensor, Latent | None]:
        """Compute the shift.

        Args:
            context: ``image (N, D)``.

        Returns:
            ``(1, N, W)``, and no latent.
        """
        assert context.image is not None
        return self.linear2(self.relu(self.linear1(unit(context.image))))[None], None
