"""With ``tokens='shared'`` the hosts are MMRL and MaPLe themselves: equal to the originals' recorded numbers.

Tolerances: two correct float32 programs with another order of operations differ by about 5e-7 in features, 1e-5 in logits
of scale 20 and 6e-5 in logits of scale 100, and by 1e-5 of a tensor's largest gradient (measured against float64).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers_models import run
from mmpretrain.structures import DataSample

from vamp_mm.models import PromptedClassifier, PromptedCLIPBackbone
from vamp_mm.structures import Vocabulary

GOLDEN = Path(__file__).parents[1] / 'golden'


@pytest.fixture(scope='module')
def backbone(tiny_file):
    return PromptedCLIPBackbone(arch=None, pretrained=tiny_file)


class Case:
    """Recorded arrays as tensors, float32 where they are real."""

    def __init__(self, name: str) -> None:
        with np.load(GOLDEN / f'{name}.npz') as file:
            self._arrays = {key: file[key] for key in file.files}
        self.meta = json.loads(str(self._arrays.pop('meta')))

    def __getitem__(self, key: str) -> torch.Tensor:
        value = torch.from_numpy(np.array(self._arrays[key]))
        return value.float() if value.is_floating_point() else value

    def samples(self) -> list[DataSample]:
        return [DataSample().set_gt_label(int(label)) for label in self['labels']]

    def vocabulary(self, key: str = 'classnames', seen: bool = True) -> Vocabulary:
        return Vocabulary(self.meta[key], (self.meta['template'],), seen)


def _close(given: torch.Tensor, expected: torch.Tensor, tolerance: float) -> None:
    torch.testing.assert_close(given.detach(), expected, rtol=1e-5, atol=tolerance)


def _linears(case: Case, target: str, sources: list[str]) -> dict[str, torch.Tensor]:
    return {
        f'{target}.{i}.{kind}': case[f'learn/{source}.{kind}']
        for i, source in enumerate(sources)
        for kind in ('weight', 'bias')
    }


@pytest.fixture(scope='module')
def mmrl(backbone):
    case, learner = Case('mmrl'), 'representation_learner.compound_rep_tokens'
    model = PromptedClassifier(
        backbone,
        dict(
            type='VariationalPrompter',
            host=dict(type='RepresentationTokens', start=5, depth=7, num_tokens=5, space_width=64),
            start=5,
            depth=7,
            tokens='shared',
        ),
        dict(type='VaMPHead', logit_scale=100.0, consistency=0.5),
    )
    model.load_state_dict(
        {
            'prompter.host.tokens': case[f'learn/{learner}'],
            'head.readout.projection': case['learn/image_encoder.proj_rep'],
            **_linears(case, 'prompter.host.to_text', [f'{learner}_r2tproj.{i}' for i in range(7)]),
            **_linears(
                case, 'prompter.host.to_vision', [f'{learner}_r2vproj.{i}' for i in range(7)]
            ),
        }
    )
    return case, model


@pytest.fixture(scope='module')
def maple(backbone):
    case, learner = Case('maple'), 'prompt_learner'
    model = PromptedClassifier(
        backbone,
        dict(
            type='VariationalPrompter',
            host=dict(type='CoupledTokens', depth=9, num_tokens=2),
            start=0,
            depth=9,
            tokens='shared',
        ),
        dict(type='VaMPHead', logit_scale=None, consistency=0.0, readout=None),
    )
    deep = [case[f'learn/{learner}.compound_prompts_text.{i}'] for i in range(8)]
    model.load_state_dict(
        {
            'prompter.host.tokens': torch.stack([case[f'learn/{learner}.ctx'], *deep]),
            **_linears(
                case,
                'prompter.host.to_vision',
                [f'{learner}.proj']
                + [f'{learner}.compound_prompt_projections.{i}' for i in range(8)],
            ),
        }
    )
    return case, model


@torch.no_grad()
def test_features_and_logits_of_mmrl(mmrl):
    case, model = mmrl
    model.set_vocabulary(case.vocabulary())
    out = run(model.eval(), case['images'])
    _close(out.image[0], case['image_features'], 2e-6)
    _close(out.text[0, 0], case['text_features'], 2e-6)
    _close(model.teacher_text(), case['teacher_text_features'], 2e-6)
    _close(out.logits['rep'][0], case['eval_logits_rep'], 1e-4)
    _close(model(case['images'])[0], case['eval_logits'], 1e-4)
    model.set_vocabulary(case.vocabulary(seen=False))  # class token alone on unseen classes
    _close(model(case['images'])[0], case['eval_logits_novel'], 1e-4)
    model.set_vocabulary(case.vocabulary('new_classnames', seen=False))
    _close(model(case['images'])[0], case['eval_logits_newnames'], 1e-4)


def test_losses_and_gradients_of_mmrl(mmrl):
    case, model = mmrl
    model.set_vocabulary(case.vocabulary())
    model.zero_grad()
    losses = model.train()(case['images'], case.samples(), mode='loss')
    for name, weight, recorded in (
        ('ce_class', 0.7, 'ce_class'),
        ('ce_rep', 0.3, 'ce_rep'),
        ('image_consistency', 0.5, 'reg_image'),
        ('text_consistency', 0.5, 'reg_text'),
    ):
        _close(losses[f'loss_{name}'] / weight, case[f'loss/{recorded}'], 3e-5)
    total = sum(value for key, value in losses.items() if 'loss' in key)
    _close(total, case['train_loss'], 3e-5)
    total.backward()
    for own, name in (
        (model.prompter.host.tokens, 'representation_learner.compound_rep_tokens'),
        (model.head.readout.projection, 'image_encoder.proj_rep'),
    ):
        expected = case[f'grad/{name}']
        _close(own.grad, expected, 5e-5 * float(expected.abs().max()))


@torch.no_grad()
def test_features_and_logits_of_maple(maple):
    case, model = maple
    model.set_vocabulary(case.vocabulary())
    out = run(model.eval(), case['images'])
    _close(out.image[0], case['image_features'], 2e-6)
    _close(out.text[0, 0], case['text_features'], 2e-6)
    _close(model(case['images'])[0], case['eval_logits'], 3e-5)
    model.set_vocabulary(case.vocabulary('new_classnames'))
    _close(model(case['images'])[0], case['eval_logits_newnames'], 3e-5)


def test_loss_and_gradients_of_maple(maple):
    case, model = maple
    model.set_vocabulary(case.vocabulary())
    model.zero_grad()
    loss = model.train()(case['images'], case.samples(), mode='loss')['loss_ce_class']
    _close(loss, case['train_loss'], 3e-5)
    loss.backward()
    gradient = model.prompter.host.tokens.grad
    for layer, name in ((0, 'ctx'), (8, 'compound_prompts_text.7')):
        expected = case[f'grad/prompt_learner.{name}']
        _close(gradient[layer], expected, 5e-5 * float(expected.abs().max()))
