"""TCP (Yao et al., CVPR 2024), original ``trainers/tcp.py``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from torch import Tensor

from ..base import Original, Recorded
from ..links import Link, linear


class TCP(Original):
    """A context, and class-aware tokens at one text block."""

    name = 'tcp'
    recorded_as: tuple[str, ...] = ('tcp',)
    terms: Mapping[str, str] = MappingProxyType({'ce': 'ce_class', 'score': 'text_consistency'})

    def model(self, case: Recorded) -> dict[str, Any]:
        """Layer, weight and regulariser are constants of the original; the template's first words are slots."""
        learn, hyper = case.group('learn'), case.hyper
        count, width = learn['ctx'].shape
        class_tokens = dict(
            type='ClassAwareTokens',
            num_tokens=learn['meta_net.linear2.weight'].shape[0] // width,
            hidden=learn['meta_net.linear1.weight'].shape[0],
            layer=int(hyper.get('insert_layer_0based', 8)),
            weight=float(hyper.get('insert_weight', 1.0)),
        )
        return dict(
            prompter=dict(
                type='ContextPrompter',
                num_tokens=count,
                context='a photo of a' if hyper.get('CTX_INIT') else None,
                template=' '.join(case.meta['template'].split()[count:]),
                text_tokens=class_tokens,
            ),
            teacher=dict(type='TextTeacher', templates=[case.meta['teacher_template']]),
            head=dict(
                type='PromptClsHead',
                losses=[
                    dict(type='BranchCrossEntropy'),
                    dict(type='TextConsistency', weight=float(hyper.get('kg_weight', 8.0))),
                ],
            ),
        )

    def links(self, names: Iterable[str]) -> Sequence[Link]:
        """The context and the meta-net."""
        return [Link('prompter.context', 'ctx')] + [
            link
            for layer in ('linear1', 'linear2')
            for link in linear(f'prompter.text_tokens.{layer}', f'meta_net.{layer}')
        ]

    def settings(self, state: Mapping[str, Tensor]) -> dict[str, Any]:
        """Lengths and hidden units."""
        context, tokens = state['prompter.context'], state['prompter.text_tokens.linear2.bias']
        return {
            'model.prompter.num_tokens': len(context),
            'model.prompter.text_tokens.num_tokens': len(tokens) // context.shape[-1],
            'model.prompter.text_tokens.hidden': len(state['prompter.text_tokens.linear1.bias']),
        }
