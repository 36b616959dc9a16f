"""Backbones that several test files share; they are frozen, so sharing changes nothing."""

from __future__ import annotations

import helpers_models as helpers
import pytest
import torch

from vamp_mm.models import PromptedCLIPBackbone
from vamp_mm.originals import tiny_clip


@pytest.fixture(autouse=True)
def _one_thread():
    """Small models run faster on one thread, and their sums do not depend on the machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope='session')
def small_files(tmp_path_factory) -> dict[str, str]:
    """Architecture and weights of the small CLIP."""
    return helpers.write_clip(tmp_path_factory.mktemp('small'))


@pytest.fixture(scope='session')
def small(small_files) -> PromptedCLIPBackbone:
    """The small CLIP in float64, where rounding is not what a test measures."""
    return PromptedCLIPBackbone(**small_files).double()


@pytest.fixture(scope='session')
def tiny_state() -> dict[str, torch.Tensor]:
    """OpenAI's state dict layout, twelve blocks a tower, QuickGELU."""
    state = tiny_clip.tensor_state_dict(101)
    # the digest that the recipe must give, so that a change of the generator is seen
    assert tiny_clip.digest(tiny_clip.openai_state_dict(101)).startswith('583de60e')
    return state


@pytest.fixture(scope='session')
def tiny_file(tiny_state, tmp_path_factory) -> str:
    """The tiny CLIP as an OpenAI state dict file."""
    file = tmp_path_factory.mktemp('tiny') / 'tiny.pt'
    torch.save(tiny_state, file)
    return str(file)


@pytest.fixture(scope='session')
def tiny(tiny_file) -> PromptedCLIPBackbone:
    """The tiny CLIP in float64."""
    return PromptedCLIPBackbone(arch=None, pretrained=tiny_file).double()
