"""Where tokens stand, by hand."""

from __future__ import annotations

import pytest
import torch

from vamp_mm.models.clip import text_layout
from vamp_mm.models.clip.text_layout import TextLayout
from vamp_mm.models.clip.text_rows import TextRows
from vamp_mm.structures import TokenEdit

CPU = torch.device('cpu')


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_layout, '_ALONE', 4)
    monkeypatch.setattr(text_layout, '_CHUNK', 4)


def test_one_chunk_by_hand() -> None:
    layout = TextLayout(2, (1, 3))
    assert (layout.rows, layout.starts) == (6, (2, 3))
    assert layout.positions(CPU).tolist() == [0, 1, 2, 2, 3, 4]
    assert layout.ends(CPU).tolist() == [2, 5]
    seen = layout.mask(torch.zeros(1)).isfinite().int()[0].tolist()
    assert seen == [
        [1, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0],  # the only token of the first class
        [1, 1, 0, 1, 0, 0],
        [1, 1, 0, 1, 1, 0],
        [1, 1, 0, 1, 1, 1],
    ]
    assert torch.equal(layout.read_mask(torch.zeros(1)), layout.mask(torch.zeros(1))[:, [2, 5]])


def test_chunks_by_hand(small_chunks: None) -> None:
    layout = TextLayout(1, (2, 1, 3, 1))  # 7 tokens: two chunks of 4
    assert layout.chunks == (slice(0, 2), slice(2, 4))
    assert (layout.chunk, layout.rows, layout.starts) == (4, 9, (1, 3, 5, 8))
    own = torch.arange(1, 8)[:, None]
    spread = layout.spread(own)
    assert spread[:, 0].tolist() == [1, 2, 3, 1, 4, 5, 6, 7]  # the fourth is padding
    assert torch.equal(layout.gather(torch.cat([torch.zeros(1, 1).long(), spread])), own)
    assert layout.positions(CPU).tolist() == [0, 1, 2, 1, 0, 1, 2, 3, 1]
    assert layout.ends(CPU).tolist() == [2, 3, 7, 8]
    mask = layout.mask(torch.zeros(1)).isfinite()
    assert mask.shape == (2, 5, 5)
    assert mask[1].int().tolist() == [
        [1, 0, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [1, 1, 1, 0, 0],
        [1, 1, 1, 1, 0],
        [1, 0, 0, 0, 1],
    ]
    assert bool(mask.any(-1).all())  # nothing is a softmax of nothing
    reads, back = layout.read_chunks(CPU)
    assert (reads.tolist(), back.tolist()) == ([[0, 1], [2, 3]], [0, 1, 2, 3])
    assert torch.equal(layout.read_mask(torch.zeros(1))[1], layout.mask(torch.zeros(1))[1][[3, 4]])


@pytest.mark.parametrize('lengths', [(1,), (3, 1, 1), (9, 1, 9), (1,) * 13, (2, 9, 1, 1, 1, 4)])
def test_chunks_hold_all_classes_in_order_and_little_padding(
    lengths: tuple[int, ...], small_chunks: None
) -> None:
    layout = TextLayout(3, lengths)
    assert [index for cut in layout.chunks for index in range(cut.start, cut.stop)] == list(
        range(len(lengths))
    )
    assert layout.chunk >= max(lengths)
    assert layout.chunk <= max(lengths) + sum(lengths) / len(layout.chunks)


def test_edits_by_hand() -> None:
    """Rows hold their own numbers; the tokens of an edit are 100 and more."""
    text = TextRows(torch.arange(6.0).view(1, 1, 6, 1), TextLayout(2, (1, 3)))
    shared = 100 + torch.arange(2.0).view(1, 1, 1, 2, 1)
    own = 100 + torch.arange(4.0).view(1, 1, 2, 2, 1)
    expected = {
        ('insert', 1, False): (4, (1, 3), [0, 100, 101, 1, 2, 3, 4, 5]),
        ('overwrite', 1, False): (2, (1, 3), [0, 100, 101, 101, 4, 5]),
        ('overwrite', 3, False): (2, (1, 3), [0, 1, 2, 3, 100, 101]),
        ('insert', 1, True): (1, (4, 6), [0, 100, 101, 1, 2, 102, 103, 1, 3, 4, 5]),
        ('overwrite', 2, True): (2, (1, 3), [0, 1, 100, 102, 103, 5]),
    }
    for (mode, start, each), (prefix, lengths, rows) in expected.items():
        edited = text.edit([TokenEdit(0, start, mode, own if each else shared)])
        assert (edited.layout.prefix, edited.layout.lengths) == (prefix, lengths), (mode, start)
        assert edited.x.flatten().tolist() == rows, (mode, start)
    blended = text.edit([TokenEdit(0, 1, 'blend', own, weight=0.25)])
    assert blended.layout.lengths == (2, 4)
    assert blended.x.flatten().tolist() == [0, 25.75, 26.75, 26.25, 28, 4, 5]


def test_what_is_made_of_a_layout_is_made_once() -> None:
    layout = TextLayout(2, (1, 3))
    edit = (1, 2, True, True, CPU)
    assert layout.edited(*edit)[0] is layout.edited(*edit)[0]
    assert layout.part(slice(0, 1)) is layout.part(slice(0, 1))
    assert layout.with_prefix(2) is layout
    assert layout.mask(torch.zeros(1)) is layout.mask(torch.ones(3))
    assert layout.mask(torch.zeros(1).double()).dtype == torch.float64
