"""Tokens in both towers that are not coupled: VPT on CLIP, IVLP (both of MaPLe's repository) and PromptSRC."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from vamp_mm.engine import gaussian_weights, weighted_sum

from ..base import Original, Recorded
from ..links import Link


def blocks(names: Iterable[str], prefix: str) -> tuple[str, ...]:
    """Names of the tokens of blocks 1, 2, ... below a tower's prefix, in order."""
    known = set(names)
    found: list[str] = []
    while (name := f'{prefix}.transformer.resblocks.{len(found) + 1}.VPT_shallow') in known:
        found.append(name)
    return tuple(found)


def context(case: Recorded, count: int) -> str | None:
    """The words before the class name; None where the prompts hold placeholders.

    The originals start from words only where up to four tokens replace them, else from placeholders.
    """
    words = str(case.hyper.get('CTX_INIT') or '').replace('_', ' ')
    words = words if count <= 4 else ''
    if case.meta.get('prompts'):  # settles it
        words = case.meta['prompts'][0].removesuffix(f'{case.names[0].replace("_", " ")}.').strip()
    return None if set(words.split()) <= {'X'} else words


class IVLP(Original):
    """Independent vision-language prompting, ``trainers/independentVL.py``."""

    name = 'ivlp'
    recorded_as: tuple[str, ...] = ('ivlp', 'language', 'independentVL')

    def model(self, case: Recorded) -> dict[str, Any]:
        """``DeepPrompter`` with the recorded numbers of tokens and blocks."""
        learn = case.group('learn')
        text = learn.get('prompt_learner.ctx')
        vision = learn.get('image_encoder.VPT')
        count = 0 if text is None else len(text)
        return dict(
            prompter=dict(
                type='DeepPrompter',
                vision_tokens=0 if vision is None else len(vision),
                vision_depth=0 if vision is None else 1 + len(blocks(learn, 'image_encoder')),
                text_tokens=count,
                text_depth=0 if text is None else 1 + len(blocks(learn, 'text_encoder')),
                context=context(case, count),
            ),
            head=dict(type='PromptClsHead'),
        )

    def links(self, names: Iterable[str]) -> Sequence[Link]:
        """One stack of blocks per tower."""
        names = list(names)
        links = []
        if 'image_encoder.VPT' in names:
            links.append(
                Link(
                    'prompter.vision_tokens', ('image_encoder.VPT', *blocks(names, 'image_encoder'))
                )
            )
        if 'prompt_learner.ctx' in names:
            links.append(
                Link('prompter.text_tokens', ('prompt_learner.ctx', *blocks(names, 'text_encoder')))
            )
        return links

    def names(self, state: Mapping[str, Tensor]) -> list[str]:
        """The first block's name and the later ones'."""
        found = []
        for own, first, tower in (
            ('vision_tokens', 'image_encoder.VPT', 'image_encoder'),
            ('text_tokens', 'prompt_learner.ctx', 'text_encoder'),
        ):
            depth = len(state.get(f'prompter.{own}', ()))
            found += [first] * bool(depth)
            found += [f'{tower}.transformer.resblocks.{i}.VPT_shallow' for i in range(1, depth)]
        return found

    def settings(self, state: Mapping[str, Tensor]) -> dict[str, Any]:
        """Numbers of tokens and blocks of both towers."""
        settings = {}
        for tower in ('vision', 'text'):
            tokens = state.get(f'prompter.{tower}_tokens')
            settings[f'model.prompter.{tower}_depth'] = 0 if tokens is None else len(tokens)
            if tokens is not None:
                settings[f'model.prompter.{tower}_tokens'] = tokens.shape[1]
        return settings


class VPT(IVLP):
    """VPT on CLIP, ``trainers/vpt.py``: vision tokens and one template for all data sets."""

    name = 'vpt'
    recorded_as: tuple[str, ...] = ('vpt',)


class PromptSRC(IVLP):
    """PromptSRC, ``trainers/promptsrc.py``: IVLP kept near the frozen CLIP, weights averaged over epochs."""

    name = 'promptsrc'
    recorded_as: tuple[str, ...] = ('promptsrc',)
    terms = {'ce': 'ce_class', 'l1_text_mean': 'text_l1', 'l1_image_mean': 'image_l1'}
    weighted_terms = {'scl_text': 'text_l1', 'scl_image': 'image_l1', 'scl_logits': 'logit_kl'}
    not_compared = {'loss/kl_sum': 'its sum; scl_logits is its mean'}

    def model(self, case: Recorded) -> dict[str, Any]:
        """IVLP with three consistency terms and a teacher of sixty templates."""
        hyper = case.hyper
        return dict(
            super().model(case),
            head=dict(
                type='PromptClsHead',
                losses=[
                    dict(type='BranchCrossEntropy'),
                    dict(type='TextL1', weight=float(hyper.get('TEXT_LOSS_WEIGHT', 25))),
                    dict(type='ImageL1', weight=float(hyper.get('IMAGE_LOSS_WEIGHT', 10))),
                    dict(type='LogitKL'),
                ],
            ),
            teacher=dict(
                type='TextTeacher', templates=case.meta['teacher_templates'], average='raw'
            ),
        )

    @torch.no_grad()
    def extras(self, model: nn.Module, case: Recorded) -> dict[str, Tensor]:
        """The Gaussian weights of the epochs, and the average of two recorded epochs."""
        hyper = case.hyper
        weights = gaussian_weights(
            int(hyper['MAX_EPOCH']), float(hyper['GPA_MEAN']), float(hyper['GPA_STD'])
        )
        first, second = case.group('learn'), case.group('step1')
        total = weighted_sum({}, {name: first[name] for name in second}, weights[0])
        mean = weighted_sum(total, second, weights[1])
        return {
            'gpa_weights': torch.tensor(weights),
            **{f'gpa/{name}': value for name, value in mean.items()},
        }

    def train_extras(self, model: nn.Module, case: Recorded) -> dict[str, Tensor]:
        """The student's logits in training mode."""
        with torch.no_grad():
            return {'train_logits': model(case['images'], mode='tensor')[0]}
