"""Packing and unpacking of sequences of different lengths."""

from __future__ import annotations

import itertools

import pytest
import torch

from vamp_mm.ops import LengthGroups, bucket, group_lengths, join, pad, unpad

LENGTHS = [3, 1, 4, 1, 5, 3, 3]


def _packed(lead: tuple[int, ...] = (2, 3)) -> tuple[LengthGroups, list[int], torch.Tensor]:
    """A packed matrix whose rows name their (lead..., sequence, place)."""
    order, groups = group_lengths(LENGTHS)
    parts, first = [], 0
    for length, count in groups.sizes:
        axes = [range(size) for size in lead]
        rows = [
            [*at, order[first + c], j]
            for at in itertools.product(*axes)
            for c in range(count)
            for j in range(length)
        ]
        parts.append(torch.tensor(rows))
        first += count
    return groups, order, torch.cat(parts)


def test_sequences_are_sorted_by_length_and_keep_their_order_within():
    order, groups = group_lengths(LENGTHS)
    assert order == [1, 3, 0, 5, 6, 2, 4]
    assert groups.sizes == ((1, 2), (3, 3), (4, 1), (5, 1))
    assert (groups.count, groups.tokens) == (7, sum(LENGTHS))
    assert groups.lengths(torch.device('cpu')).tolist() == sorted(LENGTHS)
    assert groups.offsets(torch.device('cpu')).tolist() == [
        j for length in sorted(LENGTHS) for j in range(length)
    ]
    assert groups.last().sizes == ((1, 2), (1, 3), (1, 1), (1, 1))


def test_views_name_every_token_and_join_takes_them_back():
    groups, order, packed = _packed()
    views, first = groups.views(packed, (2, 3)), 0
    for view, (length, count) in zip(views, groups.sizes):
        assert view.shape == (2, 3, count, length, 4)
        for s, n, c, j in itertools.product(range(2), range(3), range(count), range(length)):
            assert view[s, n, c, j].tolist() == [s, n, order[first + c], j]
        first += count
    assert torch.equal(join(views), packed)
    assert views[0].data_ptr() == packed.data_ptr()  # no copy


def test_expanding_repeats_along_the_leading_axes():
    groups, _, packed = _packed((1, 3))
    wide = groups.expand(packed, (1, 3), (2, 3))
    for before, after in zip(groups.views(packed, (1, 3)), groups.views(wide, (2, 3))):
        assert torch.equal(after, before.expand(2, *before.shape[1:]))
    assert groups.expand(packed, (1, 3), (1, 3)) is packed


@pytest.mark.parametrize(('start', 'stop'), list(itertools.combinations(range(8), 2)))
def test_a_run_of_sequences_is_a_run_of_rows(start, stop):
    groups, order, packed = _packed((1, 1))
    part, rows = groups.part(slice(start, stop))
    assert part.count == stop - start
    assert [row[2:].tolist() for row in packed[rows]] == [
        [c, j] for c in order[start:stop] for j in range(LENGTHS[c])
    ]


def test_padding_comes_off_again():
    groups, _, packed = _packed()
    views = groups.views(packed, (2, 3))
    padded = pad(views)
    assert padded.shape == (2, 3, 7, 5, 4)
    assert int((padded.sum(-1) != 0).sum()) <= len(packed)
    for before, after in zip(views, unpad(padded, groups)):
        assert torch.equal(before, after)
    assert pad(views[:1]) is views[0]


@pytest.mark.parametrize('worth', [0, 1, 5, 12, 30, 1000])
@pytest.mark.parametrize('rows', [1, 4])
def test_runs_of_lengths_cost_least(rows, worth):
    """Against all ways to cut the groups."""
    groups = LengthGroups(((2, 9), (3, 4), (4, 7), (7, 1), (13, 2)))

    def cost(runs) -> int:
        return sum(
            worth + rows * sum((run[-1][0] - length) * count for length, count in run)
            for run in runs
        )

    cuts = [sorted(c) for k in range(5) for c in itertools.combinations(range(1, 5), k)]
    every = [[groups.sizes[a:b] for a, b in zip([0, *cut], [*cut, 5])] for cut in cuts]
    found = [run.sizes for run in bucket(groups, rows, worth)]
    assert sum(found, ()) == groups.sizes
    assert cost(found) == min(map(cost, every))


def test_one_group_is_packed_without_a_copy():
    group = torch.randn(2, 3, 4, 5)
    assert join([group]).data_ptr() == group.data_ptr()


def test_no_sequences_have_no_rows():
    groups = group_lengths(LENGTHS)[1]
    part, rows = groups.part(slice(2, 2))
    assert (part.sizes, rows) == ((), slice(0, 0))


def test_groups_that_do_not_fit_are_refused():
    groups = LengthGroups(((2, 3), (4, 1)))
    with pytest.raises((RuntimeError, ValueError)):
        unpad(torch.zeros(3, 4, 8), groups)
    with pytest.raises(RuntimeError):
        groups.views(torch.zeros(9, 8), (1,))
