"""Methods on other towers: another width, depth and patch size, and a pair like SigLIP's (no mask, other pooling, timm)."""

from __future__ import annotations

import copy

import methods
import pytest
import torch
from helpers_models import batch, build_method, small_config, total_loss, write_clip
from methods import ADAPTED, DEEP, HOSTS

from vamp_mm.models import PromptedCLIPBackbone

OTHER = small_config(
    vision=dict(width=96, layers=5, patch_size=16, head_width=32), text=dict(width=60, heads=3, layers=5), embed_dim=24)
SIGLIP = small_config(text=dict(no_causal_mask=True, pool_type='last'), custom_text=True)
SIGLIP['vision_cfg'] = dict(image_size=32, timm_model_name='test_vit', timm_pool='map', timm_proj='none')
SIGLIP['embed_dim'] = 64  # the width of that tower: there is no projection


@pytest.fixture(scope='module', params=['other', 'siglip'])
def backbone(request, tmp_path_factory):
    config = {'other': OTHER, 'siglip': SIGLIP}[request.param]
    files = write_clip(tmp_path_factory.mktemp(request.param), config)
    return request.param, PromptedCLIPBackbone(**files).double()


@pytest.mark.parametrize('row', [*HOSTS, *DEEP, *ADAPTED], ids=methods.ids)
def test_methods_train_and_answer_on_other_towers(backbone, row):
    name, clip = backbone
    prompter, head = copy.deepcopy(row.prompter), row.head
    if name == 'siglip':
        if row.title == 'mmrl++':
            with pytest.raises(ValueError, match='the vision tower has no projection'):
                build_method(clip, prompter, head)
            return
        if '2sfs' in row.title:  # timm's names
            prompter['adapter']['vision'] = ['*.norm[12].*']
    model = build_method(clip, prompter, head, **row.arguments).train()
    if row.stage == 2:
        model.prompter.enter_stage(2, model.eval().text_features()[0, 0])
        model.train()
    images, samples = batch(4)
    images = torch.nn.functional.interpolate(images, clip.image_size)
    total_loss(model, images, samples).backward()
    for key, value in model.named_parameters():
        if value.requires_grad and not key.startswith(row.resting or ('nothing', )):
            assert value.grad is not None, key
            assert bool(value.grad.isfinite().all()), key
    scores = torch.stack([sample.pred_score for sample in model.eval()(images, mode='predict')])
    torch.testing.assert_close(scores.sum(-1), torch.ones(4).double(), rtol=0, atol=1e-9)
    assert float(scores.detach().std(0).max()) > 1e-6
