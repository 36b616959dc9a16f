"""Frozen matrices in half precision: the numbers of autocast, half the memory, and learnables in float32."""

from __future__ import annotations

import helpers_models as helpers
import methods
import pytest
import torch

from vamp_mm.models import PromptedCLIPBackbone
from vamp_mm.models.clip.frozen_dtype import store_matrices
from vamp_mm.registry import MODELS


@pytest.fixture(scope='module')
def pair(small_files: dict[str, str]) -> tuple[PromptedCLIPBackbone, PromptedCLIPBackbone]:
    return PromptedCLIPBackbone(**small_files), PromptedCLIPBackbone(
        **small_files, frozen_dtype='bfloat16'
    )


def _step(backbone, row, autocast: bool) -> dict[str, torch.Tensor]:
    """Loss and gradients of everything that is learned."""
    model = helpers.build_method(backbone, row.prompter, row.head, **row.arguments)
    if backbone._dtype is not None:  # the helper casts whole models
        for tower in (backbone.vision, backbone.text):
            store_matrices(tower, backbone._dtype)
    images, samples = helpers.batch(3, torch.float32)
    with torch.autocast('cpu', torch.bfloat16, enabled=autocast):
        loss = helpers.total_loss(model, images, samples)
    learned = {name: value for name, value in model.named_parameters() if value.requires_grad}
    values = torch.autograd.grad(loss, list(learned.values()), allow_unused=True)
    return {'loss': loss.detach(), **dict(zip(learned, values))}


@pytest.mark.parametrize('row', list(methods.TRAINED), ids=methods.ids)
def test_every_method_trains_as_under_autocast(pair, row) -> None:
    """To the bit under autocast: the weights are rounded once, to the same numbers."""
    (cast, stored) = (_step(backbone, row, True) for backbone in pair)
    for name, value in cast.items():
        assert (value is None) == (stored[name] is None), name
        if value is not None:
            assert stored[name].dtype == torch.float32
            assert torch.equal(value, stored[name]), name


def test_towers_compute_the_same_without_autocast_around_them(pair) -> None:
    cast, stored = pair
    images = helpers.batch(2, torch.float32)[0]
    prompts = [backbone.tokenize(['a cat', 'a golden dog']) for backbone in pair]
    with torch.no_grad():
        alone = stored.encode_image(images).pooled, stored.encode_text(prompts[1]).pooled
        with torch.autocast('cpu', torch.bfloat16):
            around = cast.encode_image(images).pooled, cast.encode_text(prompts[0]).pooled
        full = cast.encode_image(images).pooled
    assert all(torch.equal(a, b) for a, b in zip(alone, around))
    error = (alone[0].float() - full).norm() / full.norm()
    assert 0 < float(error) < 0.05  # eight bits of mantissa, some tens of roundings


def test_matrices_take_half_the_memory_and_nothing_else_changes(small_files) -> None:
    cast = PromptedCLIPBackbone(**small_files)
    stored = PromptedCLIPBackbone(**small_files, frozen_dtype='bfloat16')
    halves = {name for name, value in stored.named_parameters() if value.dtype == torch.bfloat16}
    assert halves == {
        name
        for name, _ in cast.named_parameters()
        if '.resblocks.' in name
        and '.ln_' not in name
        or name.startswith('text.blocks.')
        and '.ln_' not in name
    }
    assert not any(value.requires_grad for value in stored.parameters())
    assert stored.embed_dim == cast.embed_dim


def test_another_precision_is_refused(small_files) -> None:
    with pytest.raises(ValueError, match="frozen_dtype='int8'.*'bfloat16'.*'float16'"):
        MODELS.build(dict(type='PromptedCLIPBackbone', **small_files, frozen_dtype='int8'))
