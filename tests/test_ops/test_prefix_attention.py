"""Attention behind a shared prefix equals softmax attention over the whole sequence."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from vamp_mm.ops import prefix_attention


def _random(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize('prefix', [0, 1, 4])
@pytest.mark.parametrize(
    'lead', [((2, 3), (2, 3)), ((1, 1), (2, 3)), ((2, 3), (1, 1)), ((2, 1), (1, 3))]
)
def test_whole_sequences_with_a_causal_mask(lead, prefix):
    (own_lead, shared_lead), length = lead, 3
    # 2 heads, 5 classes
    query, key, value = (_random(*own_lead, 2, 5, length, 4, seed=i) for i in range(3))
    shared_key, shared_value = (_random(*shared_lead, 2, prefix, 4, seed=i) for i in (3, 4))
    causal = torch.ones(1, length, length, dtype=torch.bool).tril()
    out = prefix_attention(query, key, value, shared_key, shared_value, causal)
    for s in range(2):
        for n in range(3):

            def at(x):
                return x[min(s, x.shape[0] - 1), min(n, x.shape[1] - 1)]  # noqa: B023

            for c in range(5):
                keys = torch.cat([at(shared_key), at(key)[:, c]], dim=1)
                values = torch.cat([at(shared_value), at(value)[:, c]], dim=1)
                mask = torch.ones(length, prefix + length, dtype=torch.bool).tril(prefix)
                expected = F.scaled_dot_product_attention(
                    at(query)[:, c], keys, values, attn_mask=mask
                )
                torch.testing.assert_close(out[s, n, :, c], expected, rtol=0, atol=1e-14)


def test_hidden_keys_have_no_influence_and_get_no_gradient():
    tensors = [
        _random(1, 2, 5, 1, 4, seed=0),
        *(_random(1, 2, 5, 3, 4, seed=i) for i in (1, 2)),
        *(_random(1, 2, 2, 4, seed=i) for i in (3, 4)),
    ]
    lengths = torch.tensor([1, 1, 2, 3, 3])
    inside = torch.arange(3) < lengths[:, None, None]
    query, key, value, *shared = (tensor.requires_grad_() for tensor in tensors)
    out = prefix_attention(query, key, value, *shared, inside)
    out.sum().backward()
    for c, length in enumerate(lengths.tolist()):
        alone = prefix_attention(
            query[:, :, c : c + 1],
            key[:, :, c : c + 1, :length],
            value[:, :, c : c + 1, :length],
            *shared,
        )
        torch.testing.assert_close(out[:, :, c], alone[:, :, 0], rtol=0, atol=1e-14)
        assert not key.grad[:, :, c, length:].any()
        assert not value.grad[:, :, c, length:].any()
    assert all(tensor.grad.any() for tensor in (query, key, value, *shared))


def test_gradients_equal_finite_differences():
    tensors = [_random(2, 1, 2, 3, 3, seed=i) for i in range(3)] + [
        _random(2, 1, 2, 3, seed=i) for i in (3, 4)
    ]
    causal = torch.ones(1, 3, 3, dtype=torch.bool).tril()
    assert torch.autograd.gradcheck(
        lambda *t: prefix_attention(*t, causal), [t.requires_grad_() for t in tensors]
    )
