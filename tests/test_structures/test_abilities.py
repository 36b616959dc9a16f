"""Parts of a model are found by what they can do, whatever they are called."""

from __future__ import annotations

import torch
from torch import nn

from vamp_mm.structures import HasPrototypes, HasVocabulary, TrainsInStages, find_part


class _Owner(nn.Module):
    needs_prototypes = True

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('prototypes', torch.zeros(2, 3))

    @property
    def num_prototypes(self) -> int:
        return len(self.prototypes)

    def prototype_features(self, image: torch.Tensor) -> torch.Tensor:
        return image

    def set_prototypes(self, means: torch.Tensor) -> None:
        self.prototypes = means


class _Staged(nn.Module):
    num_stages, current_stage, num_classes = 2, 1, None

    def enter_stage(self, stage: int, text: torch.Tensor) -> None:
        self.current_stage = stage


def test_the_part_with_the_ability_is_found_at_any_depth() -> None:
    owner, staged = _Owner(), _Staged()
    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(owner), staged)
    assert find_part(model, HasPrototypes) is owner
    assert find_part(model, TrainsInStages) is staged
    assert find_part(model, HasVocabulary) is None


def test_the_model_itself_counts() -> None:
    owner = _Owner()
    assert find_part(owner, HasPrototypes) is owner
