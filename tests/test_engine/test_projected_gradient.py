"""The projection of ProGrad by hand, and its place in a training step."""

from __future__ import annotations

import pytest
import torch

from vamp_mm.engine.projected_gradient import ProjectedGradientOptimWrapper, project
from vamp_mm.registry import OPTIM_WRAPPERS


def test_a_conflict_is_taken_out_and_agreement_stays():
    gradient, guide = torch.tensor([[1.0, 2.0]]), torch.tensor([[0.0, -3.0]])
    torch.testing.assert_close(project(gradient, guide), torch.tensor([[1.0, 0.0]]))
    torch.testing.assert_close(project(gradient, guide, 0.8), torch.tensor([[1.0, 0.4]]))
    assert torch.equal(project(gradient, -guide), gradient)
    assert torch.equal(project(gradient, torch.zeros(1, 2)), gradient)  # no guide there, and no NaN
    assert torch.equal(project(gradient, torch.tensor([[2.0, -1.0]])), gradient)  # at right angles


def _model() -> tuple[list[torch.nn.Parameter], torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    values = [
        torch.nn.Parameter(torch.randn(shape, generator=generator)) for shape in ((3, 2), (4,))
    ]
    return values, torch.stack(
        [sum((v - 1).square().sum() for v in values), sum((v + 2).square().sum() for v in values)]
    )


def test_a_step_goes_along_the_projected_gradient_of_each_parameter():
    values, losses = _model()
    before = [value.detach().clone() for value in values]
    expected = [project(2 * (v - 1), 2 * (v + 2)) for v in before]
    assert any(not torch.equal(g, 2 * (v - 1)) for g, v in zip(expected, before))
    wrapper = OPTIM_WRAPPERS.build(
        dict(
            type='ProjectedGradientOptimWrapper',
            optimizer=torch.optim.SGD(values, lr=0.1),
            _scope_='vamp_mm',
        )
    )
    wrapper.update_params(losses)
    for value, start, gradient in zip(values, before, expected):
        torch.testing.assert_close(value.detach(), start - 0.1 * gradient)
        assert value.grad is None or not value.grad.any()


def test_without_a_guide_it_says_what_to_add():
    values, losses = _model()
    wrapper = ProjectedGradientOptimWrapper(torch.optim.SGD(values, lr=0.1))
    with pytest.raises(ValueError, match='TeacherCrossEntropy'):
        wrapper.update_params(losses[0])
