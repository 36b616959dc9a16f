"""ResNet vision towers: plain CLIP, the methods of the text side, and a clear refusal of the others."""

from __future__ import annotations

import methods
import pytest
import torch
from helpers_models import (
    NAMES,
    batch,
    build_method,
    build_open_clip,
    small_config,
    total_loss,
    write_clip,
)

from vamp_mm.models import PromptedCLIPBackbone
from vamp_mm.structures import EMBED, PromptPlan, TokenEdit, TowerPlan

CONFIG = small_config()
CONFIG['vision_cfg'] = dict(image_size=32, layers=[1, 1, 1, 1], width=8, head_width=64)


@pytest.fixture(scope='module')
def resnet(tmp_path_factory) -> PromptedCLIPBackbone:
    return PromptedCLIPBackbone(**write_clip(tmp_path_factory.mktemp('resnet'), CONFIG)).double()


def test_features_are_open_clips_own_and_batch_norm_keeps_its_statistics(resnet):
    plain = build_open_clip(CONFIG).double()
    images, _ = batch(3)
    with torch.no_grad():
        torch.testing.assert_close(
            resnet.encode_image(images).pooled[0], plain.encode_image(images), rtol=0, atol=1e-12
        )
    before = {name: value.clone() for name, value in resnet.named_buffers()}
    resnet.train()
    resnet.encode_image(images)
    assert all(torch.equal(value, before[name]) for name, value in resnet.named_buffers())
    assert any('running_mean' in name for name in before)


@pytest.mark.parametrize('row', methods.TEXT, ids=methods.ids)
def test_methods_of_the_text_side_train_and_save_no_frozen_weight(resnet, row):
    model = build_method(resnet, row.prompter, row.head).train()
    images, samples = batch(2)
    values = [value for value in model.parameters() if value.requires_grad]
    grads = torch.autograd.grad(total_loss(model, images, samples), values)
    assert all(bool(grad.isfinite().all()) and float(grad.abs().max()) > 0 for grad in grads)
    assert set(model.state_dict()) == {
        n for n, v in model.named_parameters() if v.requires_grad
    } | set(row.buffers)
    assert model.eval()(images).shape[1:] == (2, len(NAMES))


@pytest.mark.parametrize(
    'row', [methods.MMRL[0], methods.MAPLE[0], *methods.DEEP[:2]], ids=methods.ids
)
def test_methods_that_prompt_the_images_are_refused(resnet, row):
    with pytest.raises(ValueError, match='vision tower is a ResNet, without blocks or tokens'):
        build_method(resnet, row.prompter, row.head)


@pytest.mark.parametrize('layer', [EMBED, 0])
def test_a_plan_for_its_tokens_is_refused(resnet, layer):
    plan = PromptPlan(
        vision_tower=TowerPlan((TokenEdit(layer, 1, 'insert', torch.zeros(1, 1, 1, 40)),))
    )
    with pytest.raises(ValueError, match='a ResNet has no tokens to prompt'):
        resnet.encode_image(batch(1)[0], plan)
