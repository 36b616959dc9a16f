"""Rows of a classifier are found again by the names of the classes."""

from __future__ import annotations

import torch

from vamp_mm.structures import class_keys, find_rows


def test_keys_are_those_of_stored_checkpoints():
    # the first eight bytes of SHA-256, little-endian and signed: stored in checkpoints, so these numbers must not change
    assert class_keys(['cat', 'golden retriever']).tolist() == [
        -6641495183744061577,
        9065067575702255937,
    ]


def test_names_that_the_text_tower_reads_alike_have_one_key():
    first, second, other = class_keys(
        ['golden_retriever', 'golden retriever', 'retriever']
    ).tolist()
    assert first == second != other


def test_known_classes_point_at_their_rows_and_the_others_follow():
    stored = torch.tensor([7, 5, 9])
    order, others = find_rows(torch.tensor([9, 1, 7, 2]), stored)
    assert order.tolist() == [2, 3, 0, 4]
    assert others.tolist() == [1, 3]


def test_without_a_row_every_class_is_encoded():
    order, others = find_rows(torch.tensor([4, 2]), torch.zeros(0, dtype=torch.long))
    assert (order.tolist(), others.tolist()) == ([0, 1], [0, 1])
