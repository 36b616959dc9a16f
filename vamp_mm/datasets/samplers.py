"""The batch rule of the benchmark protocol."""

from __future__ import annotations

from torch.utils.data import BatchSampler, Sampler

from vamp_mm.arguments import PositiveInt
from vamp_mm.registry import DATA_SAMPLERS


@DATA_SAMPLERS.register_module()
class ProtocolBatchSampler(BatchSampler):
    """Batches of equal size; an incomplete last batch is dropped, unless it is all there is.

    This is Dassl's rule, ``drop_last = len(data) >= batch_size``. A plain ``drop_last=True`` would
    train zero steps, without a word, on a dataset smaller than one batch.

    Args:
        sampler: Yields sample indices; in distributed training those of this process.
        batch_size: Images per batch and process.

    Raises:
        ValueError: If there is no sample.
    """

    def __init__(self, sampler: Sampler, batch_size: PositiveInt) -> None:
        count = len(sampler)  # type: ignore[arg-type]
        if count == 0:
            raise ValueError('the training set is empty: there is nothing to make batches of')
        super().__init__(sampler, batch_size, drop_last=count >= batch_size)
