"""Methods on other towers: another width, depth and patch size, a pair like SigLIP's, and one like EVA's.

SigLIP's text tower sees what comes behind a token and reads out the last one; its vision tower pools with attention. EVA's
vision tower turns queries and keys by their place in the image.
"""

from __future__ import annotations

import copy
from typing import Any

import methods
import pytest
import timm
import torch
from helpers_models import batch, build_method, small_config, stir, total_loss, write_clip
from methods import TRAINED

from vamp_mm.models import PromptedCLIPBackbone

OTHER = small_config(
    vision=dict(width=96, layers=5, patch_size=16, head_width=32),
    text=dict(width=60, heads=3, layers=5),
    embed_dim=24,
)
SIGLIP = small_config(text=dict(no_causal_mask=True, pool_type='last'), custom_text=True)
SIGLIP['vision_cfg'] = dict(
    image_size=32, timm_model_name='test_vit', timm_pool='map', timm_proj='none'
)
SIGLIP['embed_dim'] = 64  # the width of that tower: there is no projection


EVA = small_config(custom_text=True)
EVA['vision_cfg'] = dict(
    image_size=32, timm_model_name='vamp_mm_test_eva', timm_pool='token', timm_proj='linear'
)
CONFIGS = {'other': OTHER, 'siglip': SIGLIP, 'eva': EVA}


@timm.models.register_model
def vamp_mm_test_eva(pretrained: bool = False, **settings: Any) -> torch.nn.Module:
    """EVA02 in the size of these tests; timm's own start at 224 pixels and 12 blocks."""
    return timm.create_model(
        'eva02_tiny_patch14_224',
        pretrained=pretrained,
        **{**settings, **dict(img_size=32, patch_size=8, depth=3, embed_dim=64, num_heads=2)},
    )


@pytest.fixture(scope='module', params=list(CONFIGS))
def backbone(request, tmp_path_factory):
    files = write_clip(tmp_path_factory.mktemp(request.param), CONFIGS[request.param])
    return request.param, PromptedCLIPBackbone(**files).double()


@pytest.mark.parametrize('row', TRAINED, ids=methods.ids)
def test_methods_train_and_answer_on_other_towers(backbone, row):
    name, clip = backbone
    prompter, head = copy.deepcopy(row.prompter), row.head
    if name == 'siglip' and row.title == 'mmrl++':
        with pytest.raises(ValueError, match='the vision tower has no projection'):
            build_method(clip, prompter, head)
        return
    if name != 'other' and '2sfs' in row.title:  # timm's names
        prompter['adapter']['vision'] = ['*.norm[12].*']
    model = build_method(clip, prompter, head, **row.arguments).train()
    stir(model)
    if row.stage == 2:
        model.prompter.enter_stage(2, model.eval().text_features()[0, 0])
        model.train()
    images, samples = batch(4)
    images = torch.nn.functional.interpolate(images, clip.image_size)
    total_loss(model, images, samples).backward()
    for key, value in model.named_parameters():
        if value.requires_grad and not key.startswith(row.resting or ('nothing',)):
            assert value.grad is not None, key
            assert bool(value.grad.isfinite().all()), key
            assert float(value.grad.abs().max()) > 1e-9, key
    scores = torch.stack([sample.pred_score for sample in model.eval()(images, mode='predict')])
    torch.testing.assert_close(scores.sum(-1), torch.ones(4).double(), rtol=0, atol=1e-9)
    assert float(scores.detach().std(0).max()) > 1e-6


@pytest.mark.parametrize('backbone', ['siglip'], indirect=True)
@pytest.mark.parametrize(
    'row', [row for row in TRAINED if row.title != 'mmrl++' and row.stage == 1], ids=methods.ids
)
def test_without_a_mask_kept_states_change_no_answer(backbone, row, monkeypatch):
    clip = backbone[1]
    prompter = copy.deepcopy(row.prompter)
    if '2sfs' in row.title:
        prompter['adapter']['vision'] = ['*.norm[12].*']
    model = build_method(clip, prompter, row.head, **row.arguments).eval()
    stir(model)
    images = torch.nn.functional.interpolate(batch(2)[0], clip.image_size)
    with torch.no_grad():
        fast = model(images, mode='tensor')
        encode = clip.encode_text
        monkeypatch.setattr(
            clip, 'encode_text', lambda prompts, *plan: encode(prompts, *plan, textbook=True)
        )
        slow = model.eval()(images, mode='tensor')
    torch.testing.assert_close(fast, slow, rtol=1e-9, atol=1e-9)
