"""Batches of one class."""

from __future__ import annotations

from collections import Counter

import pytest
from mmengine.dataset import DefaultSampler

from vamp_mm.datasets import OneClassBatchSampler, class_batches


class Labels:
    """A dataset of nothing but labels."""

    def __init__(self, labels: list[int]) -> None:
        self._labels = labels

    def __len__(self) -> int:
        return len(self._labels)

    def get_data_info(self, index: int) -> dict:
        return {'gt_label': self._labels[index]}


def _sampler(labels: list[int], size: int, epoch: int = 0) -> OneClassBatchSampler:
    sampler = DefaultSampler(Labels(labels), seed=3)
    sampler.set_epoch(epoch)
    return OneClassBatchSampler(sampler, size)


LABELS = [0] * 9 + [1] * 8 + [2] * 4


def test_a_batch_is_of_one_class_and_leftovers_wait_for_another_epoch():
    batches = list(_sampler(LABELS, 4))
    assert len(batches) == len(_sampler(LABELS, 4)) == 5
    assert all(len(batch) == 4 and len({LABELS[i] for i in batch}) == 1 for batch in batches)
    assert Counter(LABELS[batch[0]] for batch in batches) == {0: 2, 1: 2, 2: 1}
    assert len({i for batch in batches for i in batch}) == 20
    assert list(_sampler(LABELS, 4)) == batches
    assert list(_sampler(LABELS, 4, epoch=1)) != batches


def test_the_order_of_classes_is_random():
    orders = {
        tuple(LABELS[batch[0]] for batch in _sampler(LABELS, 4, epoch)) for epoch in range(20)
    }
    assert len(orders) > 5


def test_fewer_shots_than_a_batch_give_mixed_batches():
    batches = list(_sampler([0, 0, 1, 1, 2, 2], 4))
    assert len(batches) == len(_sampler([0, 0, 1, 1, 2, 2], 4)) == 1
    assert len(batches[0]) == 4
    assert [len(batch) for batch in _sampler([0, 1], 4)] == [2]  # all there is
    with pytest.raises(ValueError, match='the training set is empty'):
        _sampler([], 4)


def test_processes_share_out_whole_batches(monkeypatch):
    alone = list(_sampler(LABELS, 4))
    shares = []
    for rank in range(2):
        monkeypatch.setattr(class_batches, 'get_dist_info', lambda rank=rank: (rank, 2))
        sampler = _sampler(LABELS, 4)
        shares.append(list(sampler))
        assert len(sampler) == len(shares[-1]) == 2
    assert [batch for pair in zip(*shares) for batch in pair] == alone[:4]
