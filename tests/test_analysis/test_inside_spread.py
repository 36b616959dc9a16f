"""The spread of posteriors that are set by hand."""

from __future__ import annotations

import math
from pathlib import Path

import helpers_models as helpers
import methods
import numpy as np
import pytest
import torch
from mmpretrain.structures import DataSample
from PIL import Image

from vamp_mm.analysis.opened import Opened
from vamp_mm.analysis.spread import Spread, measure_spread
from vamp_mm.analysis.spread_picture import readable_on, spread_picture
from vamp_mm.models import PromptedCLIPBackbone

ROWS = {row.title: row for row in methods.METHODS}
#: Labels of the images; class 3 has none.
LABELS = (0, 1, 1, 2, 4, 4, 4)
LOG_VAR = (-2.0, 1.0)
DIMS = 3 * helpers.SMALL['text_cfg']['width']  # K x W of the MMRL rows


@pytest.fixture(scope='module')
def clip(tmp_path_factory: pytest.TempPathFactory) -> PromptedCLIPBackbone:
    return PromptedCLIPBackbone(**helpers.write_clip(tmp_path_factory.mktemp('clip')))


def _open(
    clip: PromptedCLIPBackbone, title: str, trained_on: tuple[str, ...] | None = helpers.NAMES
) -> Opened:
    row = ROWS[title]
    model = helpers.build_method(clip, row.prompter, row.head, **row.arguments).eval()
    generator = torch.Generator().manual_seed(0)
    data = [
        dict(
            inputs=torch.randint(0, 256, (3, 32, 32), generator=generator).byte(),
            data_samples=DataSample().set_gt_label(label),
        )
        for label in LABELS
    ]
    return Opened(model, data, 'base', 3, trained_on)


@torch.no_grad()
def _set(mlps: torch.nn.Module, mean: float) -> None:
    """The same Gaussian for all inputs: mean ``mean``, log-variance of block h ``LOG_VAR[h]``."""
    mlps.weight_mean.zero_()
    mlps.bias_mean.fill_(mean)
    mlps.weight_log_var.zero_()
    mlps.bias_log_var.copy_(torch.tensor(LOG_VAR)[:, None].expand_as(mlps.bias_log_var))


def test_the_spread_is_that_of_the_log_variance_and_kl_to_the_standard_prior(
    clip: PromptedCLIPBackbone,
) -> None:
    opened = _open(clip, 'mmrl standard prior')
    _set(opened.model.prompter.posterior, 0.5)
    found = measure_spread(opened)
    assert found.layers == ('block 2', 'block 3')
    assert found.classes == tuple(helpers.NAMES[label] for label in (0, 1, 2, 4))
    assert found.images.tolist() == [1, 2, 1, 3]
    for column, log_var in enumerate(LOG_VAR):
        np.testing.assert_allclose(found.std[:, column], math.exp(log_var / 2), rtol=1e-6)
        # KL(N(m, s^2) || N(0, 1)) = (s^2 + m^2 - 1 - ln s^2) / 2 for each dimension
        np.testing.assert_allclose(
            found.kl[:, column], DIMS * (math.exp(log_var) + 0.25 - 1 - log_var) / 2, rtol=1e-6
        )
    np.testing.assert_allclose(found.moved, 0, atol=1e-7)  # the mean is the same for all images


def test_kl_is_to_the_prior_of_the_true_class_and_missing_for_others(
    clip: PromptedCLIPBackbone,
) -> None:
    # trained on the same five classes in another order, one of them called otherwise
    names = (
        helpers.NAMES[4],
        helpers.NAMES[1],
        helpers.NAMES[0],
        'something else',
        helpers.NAMES[3],
    )
    opened = _open(clip, 'mmrl vamp', names)
    prompter = opened.model.prompter
    _set(prompter.posterior, 0.0)
    _set(prompter.prior_network, 0.0)
    found = measure_spread(opened)
    assert np.isnan(found.kl[2]).all()  # NAMES[2] was not trained on
    np.testing.assert_allclose(found.kl[[0, 1, 3]], 0, atol=1e-12)
    with torch.no_grad():  # a prior that differs by class: means proportional to a hidden unit
        prompter.prior_network.weight_mean.fill_(1.0)
    prior, _ = prompter.prior_network(prompter.prototypes)
    found = measure_spread(opened)
    for row, label in ((0, 2), (1, 1), (3, 0)):  # rows of the spread, labels in the training
        for column, log_var in enumerate(LOG_VAR):
            expected = float(prior[label, column].double().square().sum()) / math.exp(log_var) / 2
            assert found.kl[row, column] == pytest.approx(expected, rel=1e-5)
    assert np.isnan(measure_spread(_open(clip, 'mmrl vamp', None)).kl).all()


def test_how_far_means_move_is_their_standard_deviation_over_images(
    clip: PromptedCLIPBackbone,
) -> None:
    opened = _open(clip, 'mmrl vamp')
    helpers.stir(opened.model)
    images = torch.cat([data['inputs'] for data in opened.batches('')])
    mean = opened.model.plan(images).latent.mean.double()  # (N, H, K, W)
    found = measure_spread(opened)
    expected = mean[4:].var(dim=0, correction=0).mean(dim=(-1, -2)).sqrt()
    # batches of another size round differently in float32
    np.testing.assert_allclose(found.moved[3], expected, rtol=1e-4)
    assert found.moved[3].min() > 1e-3
    np.testing.assert_allclose(found.moved[[0, 2]], 0, atol=1e-6)  # one image does not move


def test_bayesian_prompt_learning_has_one_posterior_for_all(clip: PromptedCLIPBackbone) -> None:
    found = measure_spread(_open(clip, 'bpl'))
    assert found.layers == ('words',)
    np.testing.assert_allclose(found.std, math.exp(-3.0), rtol=1e-6)  # log_var_start=-6
    np.testing.assert_allclose(found.kl, 48 * (math.exp(-6.0) - 1 + 6.0) / 2, rtol=1e-6)


def _made(classes: int) -> Spread:
    rng = np.random.default_rng(0)
    std = np.linspace(0.01, 0.03, classes)[:, None] * np.ones(3)
    kl = rng.random((classes, 3))
    kl[0] = np.nan
    names = tuple(f'class_{index}' for index in range(classes))
    return Spread(
        'base', names, ('words', 'block 1', 'block 2'), np.arange(1, classes + 1), std, std / 10, kl
    )


def test_averages_count_images_and_the_order_is_from_wide_to_narrow(tmp_path: Path) -> None:
    spread = _made(4)
    assert spread.order.tolist() == [3, 2, 1, 0]
    expected = sum((index + 1) * spread.std[index, 0] for index in range(4)) / 10
    np.testing.assert_allclose(spread.overall(spread.std), expected)
    np.testing.assert_allclose(
        spread.overall(spread.kl), np.array([2, 3, 4]) @ spread.kl[1:] / 9
    )  # class 0 has no prior
    for classes in (4, 90):
        with Image.open(spread_picture(_made(classes), tmp_path / f'{classes}.png')) as image:
            assert image.size[0] > 800
            assert image.size[1] < 2600  # of 90 classes 60 are drawn


@pytest.mark.parametrize(
    ('color', 'text'),
    [
        ((1, 1, 1), 'black'),
        ((0, 0, 0), 'white'),
        ((0.23, 0.44, 0.72), 'white'),
        ((0.6, 0.7, 0.85), 'black'),
    ],
)
def test_numbers_can_be_read_on_their_cells(color: tuple[float, ...], text: str) -> None:
    assert readable_on(color) == text


def test_the_contrast_of_every_grey_is_enough() -> None:
    """Relative luminance and contrast as WCAG 2.2 defines them."""
    for share in np.linspace(0, 1, 101):
        linear = share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        text = 1.0 if readable_on((share,) * 3) == 'white' else 0.0
        light, dark = max(text, linear), min(text, linear)
        assert (light + 0.05) / (dark + 0.05) >= 4.5
