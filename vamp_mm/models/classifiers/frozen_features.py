"""Features of the frozen image tower, kept per image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from mmpretrain.structures import DataSample
from torch import Tensor, nn

_MIB = 2**20
_FIRST_ROWS = 1024


class FeatureState(NamedTuple):
    """What a :class:`FrozenFeatures` holds and did.

    Args:
        kept: Images whose feature is held.
        used_mb: MiB that the features take.
        hits: Features that were taken from memory.
        computed: Features that the tower computed.
    """

    kept: int
    used_mb: float
    hits: int
    computed: int


class FrozenFeatures:
    """Pooled features ``(D,)`` of plain CLIP by the path of the image, up to a number of bytes.

    A frozen tower that no method edits gives one image the same feature in every epoch and for every list of class names.
    This holds as long as the same pixels come, so the owner names the pipeline that they come through (:attr:`pipeline`),
    and None turns the reuse off. Features of another pipeline or precision (autocast) are other features, and all go when a
    weight of the tower is written, moved or cast. A tower that trains is never skipped.

    Args:
        budget_mb: Upper bound of the features in MiB. What comes after it is full is computed each time.

    Raises:
        ValueError: If the bound is not positive.
    """

    def __init__(self, budget_mb: float) -> None:
        if not budget_mb > 0:
            raise ValueError(f'budget_mb={budget_mb} must be above 0')
        self.budget_mb = budget_mb
        #: What the images come through, None if their pixels are random.
        self.pipeline: str | None = None
        self._rows: dict[Any, _Rows] = {}
        self._weights: tuple = ()
        self._hits = self._computed = 0

    @property
    def state(self) -> FeatureState:
        """What is kept now, and the counts since construction."""
        rows = self._rows.values()
        return FeatureState(
            sum(len(part) for part in rows), self._bytes() / _MIB, self._hits, self._computed
        )

    def encode(
        self, backbone: Any, inputs: Tensor, samples: Sequence[DataSample] | None
    ) -> Tensor | None:
        """Features of a batch, of the tower only where they are not known.

        Args:
            backbone: A ``PromptedCLIPBackbone``.
            inputs: ``(N, 3, H, W)`` preprocessed images.
            samples: Their N data samples.

        Returns:
            ``(N, D)``, not normalised; None if the features may not be kept: random pixels, a tower that trains, or samples
            without ``img_path``.
        """
        paths = [sample.get('img_path') for sample in samples or ()]
        if (
            self.pipeline is None
            or len(paths) != len(inputs)
            or not all(isinstance(path, str) for path in paths)
        ):
            return None
        # A tensor made in inference mode could not be trained on later.
        if torch.is_inference_mode_enabled() or any(
            weight.requires_grad for weight in backbone.vision.parameters()
        ):
            return None
        self._forget_if_changed(backbone.vision)
        key = (
            self.pipeline,
            torch.get_autocast_dtype(inputs.device.type)
            if torch.is_autocast_enabled(inputs.device.type)
            else inputs.dtype,
        )
        rows = self._rows.setdefault(key, _Rows())
        new = [index for index, path in enumerate(paths) if path not in rows.index]
        self._hits += len(paths) - len(new)
        self._computed += len(new)
        if not new:
            return rows.take(paths)
        with torch.no_grad():
            computed = backbone.encode_image(inputs[new]).pooled[0]
        known = [index for index in range(len(paths)) if index not in set(new)]
        out = computed.new_empty(len(paths), computed.shape[1])
        out[new] = computed
        if known:
            out[known] = rows.take([paths[index] for index in known])
        room = int(self.budget_mb * _MIB) - self._bytes() + rows.bytes
        rows.put([paths[index] for index in new], computed, room)
        return out

    def clear(self) -> None:
        """Forget all features; the counts stay."""
        self._rows = {}

    def _bytes(self) -> int:
        return sum(part.bytes for part in self._rows.values())

    def _forget_if_changed(self, tower: nn.Module) -> None:
        # Writing to a tensor raises its version; moving or casting gives it another place.
        weights = tuple(
            (tensor.data_ptr(), tensor._version)
            for group in (tower.parameters(), tower.buffers())
            for tensor in group
        )
        if weights != self._weights:
            self._weights = weights
            self.clear()


class _Rows:
    """A matrix that grows by doubling, with a name for each row."""

    def __init__(self) -> None:
        self.index: dict[str, int] = {}
        self._matrix: Tensor | None = None

    def __len__(self) -> int:
        return len(self.index)

    @property
    def bytes(self) -> int:
        return 0 if self._matrix is None else self._matrix.numel() * self._matrix.element_size()

    def take(self, names: Sequence[str]) -> Tensor:
        assert self._matrix is not None
        return self._matrix[
            torch.tensor([self.index[name] for name in names], device=self._matrix.device)
        ]

    def put(self, names: Sequence[str], values: Tensor, room: int) -> None:
        """Keep as many of the values ``(N, D)`` as ``room`` bytes hold for the whole matrix."""
        most = room // (values.shape[1] * values.element_size())
        for name, value in zip(names, values, strict=True):
            if name in self.index:
                continue
            row = len(self.index)
            if row >= most:
                return
            if self._matrix is None or row == len(self._matrix):
                larger = values.new_empty(min(most, max(_FIRST_ROWS, 2 * row)), values.shape[1])
                if self._matrix is not None:
                    larger[:row] = self._matrix
                self._matrix = larger
            self._matrix[row] = value
            self.index[name] = row
