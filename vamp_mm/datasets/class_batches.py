"""Batches of one class each (SkipT, CVPR 2025)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import torch
from mmengine.dist import get_dist_info
from torch.utils.data import Sampler

from vamp_mm.arguments import PositiveInt
from vamp_mm.registry import DATA_SAMPLERS


@DATA_SAMPLERS.register_module()
class OneClassBatchSampler(Sampler):
    """Batches whose images are all of one class, in random order; what is left over in a class is dropped for this epoch.

    A training set with a class of fewer images than a batch takes mixed batches of equal size, as SkipT does below four
    shots. The processes of distributed training share out whole batches, the same number each.

    Args:
        sampler: A ``DefaultSampler``; its dataset, seed, epoch and ``shuffle`` are used.
        batch_size: Images per batch and process.

    Raises:
        ValueError: If there is no sample.
    """

    def __init__(self, sampler: Any, batch_size: PositiveInt) -> None:
        count = len(sampler.dataset)
        if not count:
            raise ValueError('the training set is empty: there is nothing to make batches of')
        self.sampler = sampler
        self.batch_size = batch_size
        labels = [int(sampler.dataset.get_data_info(index)['gt_label']) for index in range(count)]
        sizes = torch.bincount(torch.tensor(labels))
        mixed = int(sizes[sizes > 0].min()) < batch_size
        self._group = [0] * count if mixed else labels

    def __iter__(self) -> Iterator[list[int]]:
        """This process's batches of the sampler's epoch."""
        sampler, count = self.sampler, len(self._group)
        generator = torch.Generator().manual_seed(sampler.seed + sampler.epoch)
        order = (
            torch.randperm(count, generator=generator).tolist()
            if sampler.shuffle
            else list(range(count))
        )
        groups: dict[int, list[int]] = defaultdict(list)
        batches = []
        for index in order:
            group = groups[self._group[index]]
            group.append(index)
            # a batch stands where its last image does: in random order
            if len(group) == self.batch_size:
                batches.append(group[:])
                group.clear()
        batches = batches or [order]
        rank, world = get_dist_info()
        if len(batches) < world:
            return iter([batches[rank % len(batches)]])
        return iter(batches[rank : len(batches) // world * world : world])

    def __len__(self) -> int:
        """Number of batches of this process."""
        sizes = torch.bincount(torch.tensor(self._group)) // self.batch_size
        return max(int(sizes.sum()) // get_dist_info()[1], 1)
