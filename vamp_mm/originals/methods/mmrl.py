"""MMRL (Guo & Gu, CVPR 2025) and MMRL++, originals ``trainers/mmrl.py`` and ``trainers/mmrlpp.py``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from vamp_mm.structures import Vocabulary

from ..base import Original, Recorded
from ..links import Link, linear

_LEARNER = 'representation_learner'
_TOKENS = f'{_LEARNER}.compound_rep_tokens'


class MMRL(Original):
    """Representation tokens in both towers, and a second read-out."""

    name = 'mmrl'
    recorded_as: tuple[str, ...] = ('mmrl',)
    terms: Mapping[str, str] = MappingProxyType(
        {
            'ce_class': 'ce_class',
            'ce_rep': 'ce_rep',
            'reg_image': 'image_consistency',
            'reg_text': 'text_consistency',
        }
    )
    logit_atol = 1e-4  # the scale is 100
    class_bound = (*Original.class_bound, 'prompt_embeddings')

    def model(self, case: Recorded) -> dict[str, Any]:
        """``SharedPrompter`` on the recorded host, with the recorded weights of the terms."""
        hyper = case.hyper
        layers = sorted(int(layer) for layer in hyper['REP_LAYERS'])  # counted from 1
        if layers != list(range(layers[0], layers[0] + len(layers))):
            raise ValueError(f'REP_LAYERS={layers} has gaps; our hosts edit consecutive blocks')
        host = dict(
            self.host(case),
            start=layers[0] - 1,
            depth=len(layers),
            num_tokens=int(hyper['N_REP_TOKENS']),
            space_width=int(hyper['REP_DIM']),
        )
        return dict(
            prompter=dict(type='SharedPrompter', host=host, start=layers[0] - 1, depth=len(layers)),
            head=dict(
                type='MMRLHead',
                consistency=float(hyper['REG_WEIGHT']),
                readout=dict(self.readout(case), alpha=float(hyper['ALPHA'])),
            ),
        )

    def host(self, case: Recorded) -> dict[str, Any]:
        """Kind of the host, and what only it takes."""
        return dict(type='RepresentationTokens')

    def readout(self, case: Recorded) -> dict[str, Any]:
        """Kind of the read-out, and what only it takes."""
        return dict(type='TokenReadout')

    def links(self, names: Iterable[str]) -> Sequence[Link]:
        """Tokens, the read-out, and one projection per block and tower."""
        depth = sum(
            name.startswith(f'{_TOKENS}_r2vproj.') and name.endswith('.weight') for name in names
        )
        links = [
            Link('prompter.host.tokens', _TOKENS),
            Link('head.readout.projection', 'image_encoder.proj_rep'),
        ]
        for i in range(depth):
            links += linear(f'prompter.host.to_vision.{i}', f'{_TOKENS}_r2vproj.{i}')
            links += linear(f'prompter.host.to_text.{i}', f'{_TOKENS}_r2tproj.{i}')
        return links

    def names(self, state: Mapping[str, Tensor]) -> list[str]:
        """With two projections for each block."""
        depth = sum(
            name.startswith('prompter.host.to_vision.') and name.endswith('.weight')
            for name in state
        )
        known = [f'{_TOKENS}_r2vproj.{i}.weight' for i in range(depth)]
        return [name for link in self.links(known) for name in link.names]

    def settings(self, state: Mapping[str, Tensor]) -> dict[str, Any]:
        """Number of tokens and their width; which blocks is not in the file."""
        count, width = state['prompter.host.tokens'].shape
        return {'model.prompter.host.num_tokens': count, 'model.prompter.host.space_width': width}

    def new_vocabulary(self, case: Recorded) -> Vocabulary:
        """New names are unseen classes: only the class branch answers."""
        return self.vocabulary(case, case.meta['new_classnames'], seen=False)

    @torch.no_grad()
    def extras(self, model: Any, case: Recorded) -> dict[str, Tensor]:
        """Logits of both branches."""
        logits = model.output(case['images']).logits
        return {'eval_logits_novel': logits['class'][0], 'eval_logits_rep': logits['rep'][0]}


class MMRLPlusPlus(MMRL):
    """One projection per tower with low-rank changes, tokens blended over the blocks."""

    name = 'mmrlpp'
    recorded_as: tuple[str, ...] = ('mmrlpp', 'mmrl++')

    def host(self, case: Recorded) -> dict[str, Any]:
        """``SharedResidualTokens`` with rank and blend."""
        return dict(
            type='SharedResidualTokens',
            rank=int(case.hyper['RES_LORA_DIM']),
            blend=float(case.hyper['BETA']),
        )

    def readout(self, case: Recorded) -> dict[str, Any]:
        """``LowRankReadout`` with its rank."""
        return dict(type='LowRankReadout', rank=int(case.hyper['PROJ_LORA_DIM']))

    def links(self, names: Iterable[str]) -> Sequence[Link]:
        """Tokens, the read-out's change, and one shared projection per tower with its changes."""
        depth = sum(
            name.startswith(f'{_LEARNER}.srra_r2vproj.srra.') and name.endswith('.A')
            for name in names
        )
        links = [
            Link('prompter.host.tokens', _TOKENS),
            Link('head.readout.up', 'image_encoder.A'),
            Link('head.readout.down', 'image_encoder.B'),
        ]
        for own, theirs in (('to_vision', 'srra_r2vproj'), ('to_text', 'srra_r2tproj')):
            links.append(Link(f'prompter.host.{own}.weight', f'{_LEARNER}.{theirs}.weight'))
            links += [
                Link(
                    f'prompter.host.{own}.{part}',
                    tuple(f'{_LEARNER}.{theirs}.srra.{i}.{key}' for i in range(depth)),
                )
                for part, key in (('up', 'A'), ('down', 'B'), ('bias', 'bias'))
            ]
        return links

    def names(self, state: Mapping[str, Tensor]) -> list[str]:
        """With a change for each block and tower."""
        depth = len(state.get('prompter.host.to_vision.up', ()))
        known = [f'{_LEARNER}.srra_r2vproj.srra.{i}.A' for i in range(depth)]
        return [name for link in self.links(known) for name in link.names]

    def settings(self, state: Mapping[str, Tensor]) -> dict[str, Any]:
        """With both ranks."""
        return {
            **super().settings(state),
            'model.prompter.host.rank': state['prompter.host.to_vision.up'].shape[-1],
            'model.head.readout.rank': state['head.readout.up'].shape[-1],
        }
