"""The image engine equals open_clip's own blocks over random plans, in float64, in outputs and in all gradients."""

from __future__ import annotations

import helpers_models as helpers
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from open_clip.transformer import ResidualAttentionBlock

from vamp_mm.models import PromptedCLIPBackbone
from vamp_mm.models.clip import block_parts
from vamp_mm.models.clip.block_parts import are_plain
from vamp_mm.models.clip.edits import Spans, edit_tokens
from vamp_mm.structures import EMBED, PromptPlan, TokenEdit, TowerPlan

#: A few hundred roundings of 1e-16: four blocks of one layer norm, three matrix products and a softmax.
RELATIVE = 1e-10
WIDTH, DEPTH, SIZE = 64, 4, 32

#: Every way in which an image tower of open_clip may differ in what the engine touches.
TOWERS = {
    'class token': {},
    'no norm before': dict(no_ln_pre=True),
    'layer scale': dict(ls_init_value=0.3),
    'average': dict(pool_type='avg'),
    'norm after pooling': dict(pool_type='avg', final_ln_after_pool=True),
    'class token, norm after pooling': dict(final_ln_after_pool=True),
    'attention pooling': dict(attentional_pool=True, attn_pooler_queries=5, attn_pooler_heads=4),
    'other attention': dict(block_type='custom', qk_norm=True),
}


@pytest.fixture(
    scope='module', params=[(name, gelu) for name in TOWERS for gelu in (False, True)], ids=str
)
def tower(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> PromptedCLIPBackbone:
    name, quick_gelu = request.param
    config = helpers.small_config(vision=dict(layers=DEPTH, **TOWERS[name]))
    config['quick_gelu'] = quick_gelu
    files = helpers.write_clip(tmp_path_factory.mktemp('tower'), config)
    return PromptedCLIPBackbone(**files).double()


@st.composite
def plans(draw: st.DrawFn) -> tuple[list[TokenEdit], list[int], list[str]]:
    """Edits at any layer and place, adapters in some blocks, and names to read."""
    edits, length = [], 17
    for layer in sorted(draw(st.lists(st.integers(EMBED, DEPTH - 1), max_size=4))):
        mode = draw(st.sampled_from(('insert', 'overwrite', 'blend')))
        count = draw(st.integers(1, 4))
        # the class token may be overwritten, too
        start = draw(st.sampled_from((-1, *range(length + 1 - (0 if mode == 'insert' else count)))))
        shape = draw(st.sampled_from((1, 3))), draw(st.sampled_from((1, 2))), count, WIDTH
        generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
        edits.append(
            TokenEdit(
                layer,
                start,
                mode,
                torch.randn(*shape, dtype=torch.float64, generator=generator),
                weight=draw(st.floats(0, 1)) if mode == 'blend' else 1.0,
                name=f'tokens {len(edits)}',
            )
        )
        length += count if mode == 'insert' else 0
    adapted = draw(st.lists(st.integers(0, DEPTH - 1), max_size=2, unique=True))
    names = draw(st.lists(st.sampled_from([e.name for e in edits] or ['']), unique=True))
    return edits, adapted, [name for name in names if name]


def _by_blocks(
    backbone: PromptedCLIPBackbone, images: torch.Tensor, plan: TowerPlan, read: list[str]
) -> list[torch.Tensor]:
    """open_clip's own modules one after the other, all tokens in all blocks."""
    visual, trunk = backbone.vision.visual, backbone.vision._trunk
    x, spans = trunk.embed(images)[0][None], Spans()
    x = visual.ln_pre(edit_tokens(x, plan.at(EMBED), spans))
    for layer, block in enumerate(visual.transformer.resblocks):
        x = edit_tokens(x, plan.at(layer), spans)
        out = block(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        residual = plan.residuals.get(layer)
        x = out if residual is None else out + residual(block.ln_1(x))
    pooled, tokens = trunk.finish(x.flatten(0, 1), spans.all())
    lead, places = x.shape[:2], spans.named()
    return [
        pooled.unflatten(0, lead),
        *(tokens[:, places[name]].unflatten(0, lead) for name in read),
    ]


def _numbers(backbone, images, edits, adapted, read, by_blocks) -> dict[str, torch.Tensor | None]:
    """Outputs, and the gradient of a random linear function of them for everything that is learned."""
    torch.manual_seed(0)
    adapters = {
        layer: torch.nn.Sequential(
            torch.nn.Linear(WIDTH, 8), torch.nn.ReLU(), torch.nn.Linear(8, WIDTH)
        ).double()
        for layer in adapted
    }
    leaves = [edit.tokens.clone().requires_grad_() for edit in edits]
    own = tuple(
        TokenEdit(e.layer, e.start, e.mode, leaf, e.weight, e.name)
        for e, leaf in zip(edits, leaves)
    )
    plan = TowerPlan(own, adapters)
    if by_blocks:
        outputs = _by_blocks(backbone, images, plan, read)
    else:
        out = backbone.encode_image(images, PromptPlan(vision_tower=plan), read)
        outputs = [out.pooled, *(out.tokens[name] for name in read)]
    generator = torch.Generator().manual_seed(1)
    draws = [torch.randn(out.shape, dtype=torch.float64, generator=generator) for out in outputs]
    total = sum((out * draw.to(out.dtype)).sum() for out, draw in zip(outputs, draws))
    if total.requires_grad:
        total.backward()
    learned = [*leaves, *(value for module in adapters.values() for value in module.parameters())]
    return {
        **{f'output {i}': out.detach() for i, out in enumerate(outputs)},
        **{f'gradient {i}': value.grad for i, value in enumerate(learned)},
    }


def _assert_equal(fast: torch.Tensor | None, slow: torch.Tensor | None, what: str) -> None:
    if slow is None or fast is None:  # a learnable without influence may be left out or get zeros
        assert all(value is None or not value.any() for value in (fast, slow)), what
        return
    assert fast.shape == slow.shape, what
    assert float((fast - slow).norm()) <= RELATIVE * float(slow.norm()) + 1e-13, what


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(case=plans())
def test_random_plans_equal_open_clips_own_blocks(tower, case) -> None:
    images = torch.randn(2, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0)).double()
    fast, slow = (_numbers(tower, images, *case, by_blocks) for by_blocks in (False, True))
    for name, value in slow.items():
        _assert_equal(fast[name], value, name)


def test_plain_images_equal_encode_image(tower) -> None:
    images = torch.randn(2, 3, SIZE, SIZE).double()
    with torch.no_grad():
        own = tower.vision.visual(images)
    own = own[0] if isinstance(own, tuple) else own
    for textbook in (False, True):
        _assert_equal(tower.encode_image(images, textbook=textbook).pooled[0], own, 'features')


def test_the_last_block_computes_what_is_read(small, monkeypatch) -> None:
    """The MLP of the last block sees the class token and the tokens that are read, those of the others all tokens."""
    seen = []
    original = block_parts.mlp
    monkeypatch.setattr(
        block_parts, 'mlp', lambda module, x: (seen.append(x.shape[1]), original(module, x))[1]
    )
    tokens = torch.randn(1, 1, 3, WIDTH).double()
    plan = PromptPlan(vision_tower=TowerPlan((TokenEdit(1, 1, 'insert', tokens, name='rep'),)))
    small.encode_image(torch.zeros(2, 3, SIZE, SIZE).double(), plan, ['rep'])
    small.encode_image(torch.zeros(2, 3, SIZE, SIZE).double(), plan)
    depth, own = small.vision.depth, 17
    assert seen == [own, *[own + 3] * (depth - 2), 4, own, *[own + 3] * (depth - 2), 1]


def test_a_tower_that_is_not_known_says_so_once(tmp_path, monkeypatch) -> None:
    said = []
    monkeypatch.setattr(
        'vamp_mm.models.clip.trunks.print_log', lambda words, *_: said.append(words)
    )
    config = helpers.small_config(vision=TOWERS['other attention'])
    backbone = PromptedCLIPBackbone(**helpers.write_clip(tmp_path, config))
    for _ in range(2):
        backbone.encode_image(torch.zeros(1, 3, SIZE, SIZE))
    (words,) = said
    assert words == (
        "vision tower VisionTransformer: blocks CustomResidualAttentionBlock are open_clip's own and not those of the "
        'fast path; same results, slower'
    )


def test_a_block_of_another_kind_is_not_plain() -> None:
    class PostNorm(ResidualAttentionBlock):
        """Looks the same and computes something else."""

        def forward(self, x: torch.Tensor, **_: object) -> torch.Tensor:
            return self.ln_2(x + self.mlp(self.ln_1(x)))

    assert are_plain([ResidualAttentionBlock(8, 2)])
    assert not are_plain([ResidualAttentionBlock(8, 2), PostNorm(8, 2)])
    assert not are_plain([ResidualAttentionBlock(8, 2, is_cross_attention=True)])


def test_bfloat16_is_as_close_as_open_clips_own_blocks(small_files) -> None:
    """Both are beside float64; the engine's error is at most 1.5 times that of block by block, for five draws."""
    backbone = PromptedCLIPBackbone(**small_files)
    exact = PromptedCLIPBackbone(**small_files).double()
    for seed in range(5):
        generator = torch.Generator().manual_seed(seed)
        images = torch.randn(4, 3, SIZE, SIZE, generator=generator)
        tokens = torch.randn(1, 1, 3, WIDTH, generator=generator)
        errors = []
        for by_blocks in (False, True):
            edits = [TokenEdit(1, 1, 'insert', tokens, name='rep')]
            wide = [TokenEdit(1, 1, 'insert', tokens.double(), name='rep')]
            true = _numbers(exact, images.double(), wide, [], ['rep'], True)
            with torch.autocast('cpu', torch.bfloat16):
                given = _numbers(backbone, images, edits, [], ['rep'], by_blocks)
            errors.append(
                max(float((given[name] - true[name]).norm() / true[name].norm()) for name in true)
            )
        assert errors[0] < 1.5 * errors[1] < 0.1
