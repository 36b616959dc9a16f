"""Unit features and their cosines."""

import pytest
import torch

from vamp_mm.ops import cosine_logits, unit


@pytest.mark.parametrize('image_samples', [1, 4])
@pytest.mark.parametrize('text_samples', [1, 4])
@pytest.mark.parametrize('text_images', [1, 3])
def test_logits_of_every_broadcast_equal_a_loop(image_samples, text_samples, text_images):
    torch.manual_seed(0)
    image = unit(torch.randn(image_samples, 3, 8, dtype=torch.float64))
    text = unit(torch.randn(text_samples, text_images, 5, 8, dtype=torch.float64))
    logits = cosine_logits(image, text, 20.0)
    samples = max(image_samples, text_samples)
    assert logits.shape == (samples, 3, 5)
    for s in range(samples):
        for n in range(3):
            for c in range(5):
                i, t = image[s % image_samples, n], text[s % text_samples, n % text_images, c]
                assert float(logits[s, n, c]) == pytest.approx(20.0 * float(i @ t), abs=1e-12)


def test_one_image_with_its_own_text_has_one_row():
    torch.manual_seed(0)
    image, text = unit(torch.randn(1, 1, 8)), unit(torch.randn(3, 1, 5, 8))
    assert cosine_logits(image, text, 1.0).shape == (3, 1, 5)


def test_unit_scales_to_length_one_in_float32_or_wider():
    torch.manual_seed(0)
    for dtype, wide in (
        (torch.bfloat16, torch.float32),
        (torch.float32, torch.float32),
        (torch.float64, torch.float64),
    ):
        features = unit(torch.randn(2, 4, 9, dtype=torch.float64).to(dtype))
        assert features.dtype == wide
        torch.testing.assert_close(
            features.norm(dim=-1), torch.ones(2, 4, dtype=wide), rtol=1e-6, atol=0
        )


def test_a_scale_that_is_a_tensor_is_a_factor():
    torch.manual_seed(0)
    image, text = unit(torch.randn(1, 3, 8)), unit(torch.randn(1, 1, 5, 8))
    torch.testing.assert_close(
        cosine_logits(image, text, torch.tensor(7.0)), 7 * cosine_logits(image, text, 1.0)
    )


@pytest.mark.parametrize('text_images', [1, 3])
def test_autocast_does_not_round_the_logits(text_images):
    torch.manual_seed(0)
    image, text = unit(torch.randn(1, 3, 8)), unit(torch.randn(4, text_images, 5, 8))
    with torch.autocast('cpu', torch.bfloat16):
        logits = cosine_logits(image, text, 100.0)
    assert torch.equal(logits, cosine_logits(image, text, 100.0))
    assert logits.dtype == torch.float32
