"""Reused features of the frozen tower: the same numbers, only where they may be reused, bounded."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import helpers_models as helpers
import methods
import pytest
import torch
from torch import Tensor, nn

from vamp_mm.models import PromptedClassifier

BUDGET = 1.0


class Counter:
    """Counts the images that go through the tower's first step."""

    def __init__(self, model: PromptedClassifier, monkeypatch: pytest.MonkeyPatch) -> None:
        self.images = 0
        stem = model.backbone.vision.stem

        def counted(images: Tensor, layer: int, textbook: bool = False):  # noqa: ANN202
            self.images += len(images)
            return stem(images, layer, textbook)

        monkeypatch.setattr(model.backbone.vision, 'stem', counted)


@pytest.fixture
def model(small) -> PromptedClassifier:
    row = methods.ZERO_SHOT
    return helpers.build_method(copy.deepcopy(small), row.prompter, row.head).eval()


def named(count: int = 5, seed: int = 3):  # noqa: ANN201
    images, samples = helpers.batch(count, seed=seed)
    for index, sample in enumerate(samples):
        sample.set_metainfo(dict(img_path=f'{seed}/{index}.jpg'))
    return images, samples


@pytest.fixture
def tower(model: PromptedClassifier, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter]:
    return Counter(model, monkeypatch)


def test_the_tower_runs_once_and_the_numbers_stay(
    model: PromptedClassifier, tower: Counter
) -> None:
    images, samples = named()
    with torch.no_grad():
        plain = model(images, samples)
        assert model.reuse_frozen_features('test', BUDGET)
        first = model(images, samples)
        # another composition: three known images, one new one
        more, others = named(seed=4)
        mixed = model(torch.cat([images[:3], more[:1]]), [*samples[:3], others[0]])
        again = model(images, samples)
    # the very same batch went through the tower
    torch.testing.assert_close(first, plain, rtol=0, atol=0)
    for got in (again, mixed[:, :3].expand_as(plain[:, :3])):
        torch.testing.assert_close(got, plain[:, : got.shape[1]], rtol=1e-12, atol=1e-12)  # float64
    assert tower.images == 5 + 5 + 1
    assert model.frozen_features.state.kept == 6
    assert (model.frozen_features.state.hits, model.frozen_features.state.computed) == (3 + 5, 6)


def test_images_count_by_path_pipeline_and_precision(
    model: PromptedClassifier, tower: Counter
) -> None:
    images, samples = named()
    with torch.no_grad():
        for pipeline in ('a', 'b', 'a', 'b'):
            model.reuse_frozen_features(pipeline, BUDGET)
            model(images, samples)
        assert tower.images == 10
        with torch.autocast('cpu', torch.bfloat16):
            model.reuse_frozen_features('a', BUDGET)
            model(images, samples)
        assert tower.images == 15


@pytest.mark.parametrize(
    'case', ['random pixels', 'no paths', 'no samples', 'tower trains', 'inference mode']
)
def test_nothing_is_reused_where_it_may_not_be(
    model: PromptedClassifier, tower: Counter, case: str
) -> None:
    images, samples = helpers.batch() if case == 'no paths' else named()
    model.reuse_frozen_features(None if case == 'random pixels' else 'test', BUDGET)
    if case == 'tower trains':
        next(model.backbone.vision.parameters()).requires_grad_(True)
    with torch.inference_mode(case == 'inference mode'):
        for _ in range(2):
            model(images, None if case == 'no samples' else samples)
    assert tower.images == 10
    assert model.frozen_features.state.kept == 0


def test_a_method_that_edits_the_image_tower_cannot(small) -> None:
    row = methods.VAMP[0]
    model = helpers.build_method(copy.deepcopy(small), row.prompter, row.head)
    assert not model.reuse_frozen_features('test', BUDGET)
    images, samples = named()
    model(images, samples)
    assert model.frozen_features is None


@pytest.mark.parametrize('change', ['in place', 'load', 'cast'])
def test_features_go_when_a_weight_changes(model: PromptedClassifier, change: str) -> None:
    images, samples = named()
    model.reuse_frozen_features('test', BUDGET)
    with torch.no_grad():
        before = model(images, samples)
        tower = model.backbone.vision
        if change == 'in place':
            next(tower.parameters()).mul_(1.5)
        elif change == 'load':
            tower.load_state_dict({name: 1.1 * value for name, value in tower.state_dict().items()})
        else:
            model.float()
            images = images.float()
        after = model(images, samples)
        model.reuse_frozen_features(None, BUDGET)
        plain = model(images, samples)
    torch.testing.assert_close(after, plain, rtol=0, atol=0)
    assert after.dtype != before.dtype or not torch.allclose(after, before)


def test_no_more_than_the_budget_is_kept(model: PromptedClassifier) -> None:
    # 3.5 features of 40 float64
    model.reuse_frozen_features('test', 3.5 * 40 * 8 / 2**20)
    images, samples = named()
    with torch.no_grad():
        first = model(images, samples)
        again = model(images, samples)
        other = model(*named(seed=5))
    torch.testing.assert_close(again, first, rtol=1e-12, atol=1e-12)
    state = model.frozen_features.state
    assert state.kept == 3
    assert state.used_mb <= 3.5 * 40 * 8 / 2**20
    assert (state.hits, state.computed) == (3, 5 + 2 + 5)
    assert torch.isfinite(other).all()
    with pytest.raises(ValueError, match='budget_mb'):
        model.reuse_frozen_features('test', 0)


def test_training_on_reused_features_is_training(small, monkeypatch: pytest.MonkeyPatch) -> None:
    """A method that learns on the text side only takes the same steps with and without."""

    def trained(reuse: bool) -> tuple[list[float], int]:
        model = helpers.build_method(
            copy.deepcopy(small),
            dict(type='TemplatePrompter'),
            dict(type='PromptClsHead', losses=[dict(type='BranchCrossEntropy')]),
        )
        tower = Counter(model, monkeypatch)
        # stands for a learned context: one embedding of the text tower moves
        weight = (
            model.backbone.text.token_embedding
            if isinstance(model.backbone.text.token_embedding, nn.Parameter)
            else model.backbone.text.token_embedding.weight
        )
        weight.requires_grad_(True)
        model.train()
        if reuse:
            model.reuse_frozen_features('test', BUDGET)
        optimizer = torch.optim.SGD([weight], lr=0.5)
        images, samples = named()
        losses = []
        for step in range(6):
            order = torch.randperm(5, generator=torch.Generator().manual_seed(step))[:4]
            optimizer.zero_grad()
            loss = model(images[order], [samples[index] for index in order], mode='loss')[
                'loss_ce_class'
            ]
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
        return losses, tower.images

    plain, all_images = trained(False)
    reused, few_images = trained(True)
    assert (all_images, few_images) == (24, 5)
    assert abs(plain[-1] - plain[0]) > 1e-3  # something was learned
    assert reused == pytest.approx(plain, rel=1e-9)  # float64
