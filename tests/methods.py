"""The method table: every method is a row, and every promise is checked on all rows (``test_models/test_methods.py``).

The layers fit the small CLIP of ``helpers_models.SMALL`` (three vision blocks, four text blocks).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Method:
    """One row.

    Args:
        title: Shown as the test's name.
        prompter: Config of the prompter.
        head: Config of the head.
        modules: Prefixes of the tensors that the method declares as trainable.
        looks_at_image: Whether the text side depends on the image.
        samples: Whether text tokens are sampled.
        prior_network: Whether a class-aware prior is learned.
        losses: Names of the loss terms, in order.
        buffers: State besides the trained tensors that is saved.
        fixed_classes: Whether the method answers about the classes of its training only.
        gradient_factor: By what the method multiplies the gradients of its weights (MMA).
        arguments: Further arguments of the classifier.
        stage: Training stage that the row shows.
        resting: Prefixes of declared tensors that get no gradient at that stage.
    """

    title: str
    prompter: dict[str, Any]
    head: dict[str, Any]
    modules: tuple[str, ...] = ()
    looks_at_image: bool = False
    samples: bool = False
    prior_network: bool = False
    losses: tuple[str, ...] = field(default=('loss_ce_class',))
    buffers: tuple[str, ...] = ()
    fixed_classes: bool = False
    gradient_factor: float = 1.0
    arguments: dict[str, Any] = field(default_factory=dict)
    stage: int = 1
    resting: tuple[str, ...] = ()


_MMRL = dict(
    type='VariationalPrompter',
    host=dict(type='RepresentationTokens', start=1, depth=2, num_tokens=3, space_width=24),
    start=2,
    depth=2,
    hidden=6,
)
_MMRL_HEAD = dict(
    type='VaMPHead', kl=dict(type='VariationalLoss', reduction='mean'), logit_scale=20.0
)
_MMRL_LOSSES = ('loss_ce_class', 'loss_ce_rep', 'loss_image_consistency', 'loss_text_consistency')
_MAPLE = dict(
    type='VariationalPrompter',
    host=dict(type='CoupledTokens', depth=2, num_tokens=2, context='a photo of a'),
    start=0,
    depth=2,
    hidden=6,
)
_MAPLE_HEAD = dict(
    type='VaMPHead',
    kl=dict(type='VariationalLoss', reduction='sum', weight=0.01),
    consistency=0.0,
    readout=None,
    logit_scale=20.0,
)

#: Rows of the paper's ablation: what changes in the prompter, and which flags follow.
_ROWS = {
    'shared': (dict(tokens='shared'), {}),
    'deterministic': (dict(tokens='deterministic'), dict(looks_at_image=True)),
    'standard prior': (dict(prior='standard'), dict(looks_at_image=True, samples=True)),
    'vamp': ({}, dict(looks_at_image=True, samples=True, prior_network=True)),
}


def _noise_of(part: str) -> tuple[str, str]:
    return f'{part}.noise_seed', f'{part}.noise_step'


def _rows(
    style: str, prompter: dict, head: dict, host: tuple[str, ...], losses: tuple[str, ...]
) -> list[Method]:
    shared = {'mmrl': ('prompter.host.to_text',), 'maple': ('prompter.host.tokens',)}[style]
    rows = []
    for name, (change, flags) in _ROWS.items():
        own = shared if name == 'shared' else ('prompter.posterior',)
        own += ('prompter.prior_network',) if flags.get('prior_network') else ()
        kl = ('loss_kl',) if flags.get('samples') else ()
        state = (*_noise_of('prompter'), f'head.losses.{len(losses)}.step') if kl else ()
        state += ('prompter.prototypes',) if flags.get('prior_network') else ()
        rows.append(
            Method(
                f'{style} {name}',
                {**prompter, **change},
                head,
                modules=host + own,
                losses=losses + kl,
                buffers=state,
                **flags,
            )
        )
    return rows


ZERO_SHOT = Method(
    'zero-shot', dict(type='TemplatePrompter'), dict(type='PromptClsHead', losses=[]), losses=()
)
MMRL = _rows(
    'mmrl',
    _MMRL,
    _MMRL_HEAD,
    ('prompter.host.tokens', 'prompter.host.to_vision', 'head.readout.projection'),
    _MMRL_LOSSES,
)
MAPLE = _rows('maple', _MAPLE, _MAPLE_HEAD, ('prompter.host.to_vision',), ('loss_ce_class',))

#: Methods that share tokens, or train other things, beside VaMP.
_SHARED_MMRL = dict(type='SharedPrompter', host=_MMRL['host'], start=2, depth=2)
HOSTS = [
    Method('maple', dict(type='SharedPrompter', host=_MAPLE['host'], start=0, depth=2), dict(type='PromptClsHead'),
           modules=('prompter.host.tokens', 'prompter.host.to_vision')),
    Method('mmrl', _SHARED_MMRL, dict(type='MMRLHead', logit_scale=20.0), losses=_MMRL_LOSSES,
           modules=('prompter.host.tokens', 'prompter.host.to_vision', 'prompter.host.to_text', 'head.readout.projection')),
    Method('mmrl++', {**_SHARED_MMRL, 'host': dict(_MMRL['host'], type='SharedResidualTokens', rank=2, blend=0.6)},
           dict(type='MMRLHead', logit_scale=20.0, readout=dict(type='LowRankReadout', rank=4)), losses=_MMRL_LOSSES,
           modules=('prompter.host.tokens', 'prompter.host.to_vision', 'prompter.host.to_text', 'head.readout')),
]  # fmt: skip
DEEP = [
    Method('vpt deep', dict(type='DeepPrompter', vision_tokens=3, vision_depth=3, text_depth=0), dict(type='PromptClsHead'),
           modules=('prompter.vision_tokens', )),
    Method('vpt shallow', dict(type='DeepPrompter', vision_tokens=3, vision_depth=1, text_depth=0, context=None),
           dict(type='PromptClsHead'), modules=('prompter.vision_tokens', )),
    Method('language prompting', dict(type='DeepPrompter', vision_depth=0, text_tokens=4, text_depth=4),
           dict(type='PromptClsHead'), modules=('prompter.text_tokens', )),
    Method('ivlp', dict(type='DeepPrompter', vision_tokens=2, vision_depth=2, text_tokens=2, text_depth=3),
           dict(type='PromptClsHead'), modules=('prompter.vision_tokens', 'prompter.text_tokens')),
    Method('promptsrc', dict(type='DeepPrompter', vision_tokens=2, vision_depth=2, text_tokens=2, text_depth=3),
           dict(type='PromptClsHead', losses=[dict(type='BranchCrossEntropy'), dict(type='TextL1'), dict(type='ImageL1'),
                                              dict(type='LogitKL')]),
           modules=('prompter.vision_tokens', 'prompter.text_tokens'),
           losses=('loss_ce_class', 'loss_text_l1', 'loss_image_l1', 'loss_logit_kl')),
]  # fmt: skip
_NORMS = dict(type='TunedWeights', vision=['*.ln_[12].*'], text=['*.ln_[12].*'])
ADAPTED = [
    Method(
        'mma',
        dict(
            type='AdapterPrompter',
            template='a photo of a {}.',
            adapter=dict(type='MultiModalAdapters', start=1, depth=2, dim=6, scale=0.05),
        ),
        dict(type='PromptClsHead'),
        modules=('prompter.adapter.',),
        gradient_factor=20.0,
    ),
    *(
        Method(
            f'2sfs stage {stage}',
            dict(type='TwoStagePrompter', num_classes=5, adapter=dict(_NORMS)),
            dict(type='PromptClsHead'),
            modules=('prompter.adapter.', 'prompter.classifier'),
            buffers=('prompter.keys', 'prompter.stage'),
            stage=stage,
            resting=(resting,),
        )
        for stage, resting in ((1, 'prompter.classifier'), (2, 'prompter.adapter.'))
    ),
    Method(
        'skipt',
        dict(
            type='AdapterPrompter', adapter=dict(type='TunedWeights', vision_start=2, text_start=2)
        ),
        dict(type='PromptClsHead'),
        modules=('prompter.adapter.vision.', 'prompter.adapter.text.'),
        arguments=dict(class_skipping=dict(type='ClassSkipping')),
    ),
]

_CE = dict(type='BranchCrossEntropy')
_CONTEXT = dict(type='ContextPrompter', num_tokens=4)
_WORDS = dict(_CONTEXT, context='a photo of a')
_SHIFT = dict(type='GaussianShift', train_samples=3, test_samples=10)
_MIXTURE = dict(
    type='PromptClsHead',
    losses=[dict(type='MixtureNLL'), dict(type='VariationalLoss', reduction='mean', weight=0.001)],
)
_CLOSE = dict(type='PromptClsHead', losses=[_CE, dict(type='TextConsistency', weight=8.0)])
_SAMPLED = dict(
    samples=True,
    losses=('loss_nll', 'loss_kl'),
    buffers=(*_noise_of('prompter.shift'), 'head.losses.1.step'),
)


def _text(
    title: str, prompter: dict, head: dict | None = None, parts: tuple[str, ...] = (), **flags: Any
) -> Method:
    modules = ('prompter.context', *parts)
    return Method(title, prompter, head or dict(type='PromptClsHead'), modules=modules, **flags)


TEXT = [
    _text('coop', _CONTEXT),
    _text('coop middle', dict(_CONTEXT, num_tokens=5, position='middle')),
    _text('coop front', dict(_CONTEXT, position='front', full_stop='own')),
    _text('coop csc', dict(_CONTEXT, num_tokens=3, num_classes=5), fixed_classes=True),
    _text(
        'cocoop',
        dict(_WORDS, shift=dict(type='ImageShift', reduction=8)),
        parts=('prompter.shift',),
        looks_at_image=True,
    ),
    _text('kgcoop', _CONTEXT, _CLOSE, losses=('loss_ce_class', 'loss_text_consistency')),
    _text(
        'prograd',
        dict(_WORDS, num_tokens=6),
        dict(type='PromptClsHead', losses=[_CE, dict(type='TeacherCrossEntropy')]),
    ),
    _text(
        'tcp',
        dict(_CONTEXT, text_tokens=dict(type='ClassAwareTokens', layer=2, hidden=6)),
        _CLOSE,
        parts=('prompter.text_tokens',),
        losses=('loss_ce_class', 'loss_text_consistency'),
    ),
    _text(
        'bpl',
        dict(_WORDS, shift=dict(_SHIFT, log_var_start=-6.0)),
        _MIXTURE,
        parts=('prompter.shift',),
        **_SAMPLED,
    ),
    _text(
        'bpl conditional',
        dict(_WORDS, shift=dict(_SHIFT, conditional=True)),
        _MIXTURE,
        parts=('prompter.shift',),
        looks_at_image=True,
        **_SAMPLED,
    ),
    Method(
        'proda',
        dict(type='PromptCollection', num_prompts=8, num_tokens=3, prompts_per_step=4),
        dict(
            type='PromptClsHead',
            losses=[dict(type='DistributionBound'), dict(type='ContextOrthogonality')],
            average='logits',
        ),
        modules=('prompter.contexts',),
        losses=('loss_bound', 'loss_orthogonality'),
        buffers=_noise_of('prompter'),
    ),
]

METHODS: list[Method] = []
TRAINED: list[Method] = []


def add_rows(rows: list[Method]) -> None:
    """Put methods into the table; those of other projects come by ``pytest --rows FILE``."""
    METHODS.extend(rows)
    TRAINED.extend(row for row in rows if row.modules)


add_rows([ZERO_SHOT, *TEXT, *MMRL, *MAPLE, *HOSTS, *DEEP, *ADAPTED])
SAMPLED = [row for row in METHODS if row.samples and row.prompter['type'] == 'VariationalPrompter']
VAMP = [row for row in METHODS if row.prior_network]


def ids(row: Method) -> str:
    """Name of a row in pytest's output."""
    return row.title.replace(' ', '-')
