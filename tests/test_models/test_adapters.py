"""Adapters: what is shared with the frozen towers, what is trained, and what MMA does to gradients."""

from __future__ import annotations

import copy

import pytest
import torch
from helpers_models import (
    NAMES,
    SMALL,
    batch,
    build_method,
    small_config,
    stir,
    total_loss,
    write_clip,
)

from vamp_mm.models import MultiModalAdapters, PromptedCLIPBackbone, TunedWeights
from vamp_mm.models.adapters.tuned import layer_of
from vamp_mm.structures import EMBED, EMPTY_PLAN, Vocabulary

HEAD = dict(type='PromptClsHead')


def _prompter(**adapter):
    return dict(type='AdapterPrompter', adapter=adapter)


@pytest.mark.parametrize(
    ('name', 'layer'),
    [
        ('visual.transformer.resblocks.7.ln_1.weight', 7),
        ('visual.trunk.blocks.0.norm1.bias', 0),
        ('blocks.11.attn.in_proj_weight', 11),
        ('visual.ln_pre.weight', EMBED),
        ('visual.ln_post.weight', 12),
        ('visual.proj', 12),
        ('ln_final.bias', 12),
        ('text_projection', 12),
        ('visual.conv1.weight', None),
        ('visual.trunk.patch_embed.proj.weight', None),
        ('token_embedding.weight', None),
        ('positional_embedding', None),
    ],
)
def test_a_weight_belongs_to_the_layer_where_it_acts(name, layer):
    assert layer_of(name, 12) == layer


def test_a_tuned_tower_shares_what_is_frozen_and_starts_as_clip(small):
    adapter = TunedWeights(small, vision_start=2, text_start=2)
    own = dict(adapter.vision.named_parameters())
    trained = {name for name, value in own.items() if value.requires_grad}
    for name, value in small.vision.named_parameters():
        assert (own[name] is value) != (name in trained), name
        assert torch.equal(own[name], value)
    assert all(layer_of(name, 3) >= 2 for name in trained)
    assert trained >= {
        'visual.proj',
        'visual.ln_post.weight',
        'visual.transformer.resblocks.2.mlp.c_fc.weight',
    }
    assert not any(value.requires_grad for value in small.parameters())
    images, _ = batch(2)
    plan = adapter.vision_plan()
    torch.testing.assert_close(
        small.vision(images, plan).pooled, small.encode_image(images).pooled, rtol=0, atol=0
    )


def test_the_shared_stem_ends_where_training_starts(small):
    assert TunedWeights(small, vision_start=2, text_start=2).first_vision_layer == 2
    assert (
        TunedWeights(small, vision_start=-1, vision=['*ln_pre*'], text=()).first_vision_layer
        == EMBED
    )
    last = TunedWeights(small, vision=['*.proj'], text=())
    assert last.first_vision_layer == 3
    assert last.text_plan().first is None
    with pytest.raises(
        ValueError, match=r"vision='\*conv1\*' with vision_start=0 finds no weight to train"
    ):
        TunedWeights(small, vision=['*conv1*'])
    with pytest.raises(ValueError, match='nothing to train'):
        TunedWeights(small, vision=(), text=())


def test_all_layer_norms_are_one_pattern_away(small):
    """The original of 2SFS means all of them and trains those of the blocks."""
    blocks = TunedWeights(small, vision=['*.ln_[12].*'], text=['*.ln_[12].*'])
    every = TunedWeights(small, vision_start=-1, vision=['*ln_*'], text=['*ln_*'])
    count = [sum(p.requires_grad for p in adapter.parameters()) for adapter in (blocks, every)]
    assert count == [4 * (3 + 4), 4 * (3 + 4) + 6]


def test_training_leaves_the_teacher_at_zero_shot_clip(small):
    model = build_method(small, _prompter(type='TunedWeights', vision_start=1), HEAD).train()
    images, samples = batch()
    teacher, frozen = model.teacher_text(), model.extract_frozen(images)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        total_loss(model, images, samples).backward()
        optimizer.step()
    model.eval()
    assert torch.equal(model.extract_frozen(images), frozen)
    model.set_vocabulary(Vocabulary(NAMES))  # forgets the kept features of the teacher
    assert torch.equal(model.teacher_text(), teacher)
    moved = model.text_features()[0, 0]
    assert float((moved - teacher).abs().max()) > 1e-3


def test_kept_states_of_a_tuned_tower_never_go_stale(small):
    model = build_method(small, _prompter(type='TunedWeights'), HEAD).eval()
    with torch.no_grad():
        before = model.text_features()
        for value in model.prompter.adapter.text.parameters():
            if value.requires_grad:
                value.mul_(1.1)
        model.eval()
        after = model.text_features()
        fresh = build_method(small, _prompter(type='TunedWeights'), HEAD, seed=3).eval()
        fresh.load_state_dict(copy.deepcopy(model.state_dict()))
    assert float((after - before).abs().max()) > 1e-3
    torch.testing.assert_close(fresh.text_features(), after, rtol=0, atol=0)


def test_tuned_weights_work_in_a_timm_tower_too(tmp_path):
    vision = dict(timm_model_name='test_vit', timm_pool='token', timm_proj='linear', image_size=160)
    config = small_config()
    config['vision_cfg'] = vision
    files = write_clip(tmp_path, config)
    backbone = PromptedCLIPBackbone(**files)
    model = build_method(
        backbone, _prompter(type='TunedWeights', vision_start=3, text_start=3), HEAD
    ).train()
    trained = [name for name, value in model.named_parameters() if value.requires_grad]
    assert any('trunk.blocks.3.' in name for name in trained)
    assert not any('trunk.blocks.2.' in name for name in trained)
    images, samples = torch.randn(2, 3, *backbone.image_size), batch(2)[1]
    total_loss(model, images, samples).backward()
    missing = [
        name
        for name, value in model.named_parameters()
        if value.requires_grad and value.grad is None
    ]
    assert missing == []


def test_mma_scales_the_gradients_of_its_weights_and_of_nothing_else(small):
    """Two adapted blocks: the lower one's gradient passes through the upper one's input, which must see its true gradient."""
    images, samples = batch()
    gradients = []
    for scaled in (True, False):
        model = build_method(
            small,
            _prompter(
                type='MultiModalAdapters',
                start=1,
                depth=2,
                dim=6,
                scale=0.1,
                scale_gradients=scaled,
            ),
            HEAD,
        ).train()
        stir(model)
        total_loss(model, images, samples).backward()
        gradients.append(
            {name: value.grad for name, value in model.named_parameters() if value.requires_grad}
        )
    for name, value in gradients[0].items():
        torch.testing.assert_close(value, 10 * gradients[1][name], rtol=1e-9, atol=1e-14, msg=name)


def test_the_middle_layer_of_mma_is_one_module_for_both_towers(small):
    model = build_method(small, _prompter(type='MultiModalAdapters', start=1, depth=2, dim=6), HEAD)
    names = [name for name in model.state_dict() if name.startswith('prompter.adapter.')]
    assert len(names) == 2 * 2 * (1 + 2 + 2)
    images, _ = batch(2)
    with torch.no_grad():
        before, text = model.eval()(images, mode='tensor'), model.text_features()
        model.prompter.adapter.shared[0].bias.add_(5.0)
        for layer in (*model.prompter.adapter.vision, *model.prompter.adapter.text):
            layer.scale = 1.0
        model.eval()
        assert float((model.text_features() - text).abs().max()) > 1e-4
        assert float((model(images, mode='tensor') - before).abs().max()) > 1e-3
    twin = copy.deepcopy(model)
    assert twin.prompter.adapter.text[0]._middle[0] is twin.prompter.adapter.shared[0]


def test_the_published_sizes():
    from types import SimpleNamespace

    clip = SimpleNamespace(
        text=SimpleNamespace(width=512, depth=12), vision=SimpleNamespace(width=768, depth=12)
    )
    adapters = MultiModalAdapters(clip)
    assert sum(p.numel() for p in adapters.parameters()) == 674_560
    with pytest.raises(ValueError, match=r'blocks start=6, depth=7 do not exist in both towers'):
        MultiModalAdapters(clip, start=6, depth=7)


def test_the_empty_plan_is_not_tuned():
    assert EMPTY_PLAN.text_tower.tuned is None
    assert EMPTY_PLAN.vision_tower.first is None
    assert SMALL['vision_cfg']['layers'] == 3
