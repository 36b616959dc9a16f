"""Methods that train CLIP's own weights: 2SFS (``fs/twostage.py``) and SkipT (``trainers/skip_tuning.py``)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ..base import Original, Recorded
from ..links import Link

_ADAPTER = 'prompter.adapter'
_BLOCK = re.compile(r'resblocks\.(\d+)\.')
_SGD = dict(type='SGD', lr=0.002, momentum=0.9, weight_decay=5e-4)
_ADAMW = dict(type='AdamW', lr=2e-4, weight_decay=0.01)


def own_name(name: str) -> tuple[str, str]:
    """Tower and name in that tower of a weight of CLIP.

    Args:
        name: OpenAI's name, without or with SkipT's prefixes.

    Returns:
        ``'vision'`` or ``'text'``, and our name of the parameter.
    """
    if name.startswith(('visual.', 'image_encoder.')):
        return 'vision', 'visual.' + name.split('.', 1)[1]
    return 'text', name.removeprefix('text_encoder.').replace('transformer.resblocks.', 'blocks.')


def _their_name(own: str) -> str:
    """SkipT's name of one of our tuned weights."""
    tower, name = own.removeprefix(f'{_ADAPTER}.').split('.', 1)
    if tower == 'vision':
        return 'image_encoder.' + name.removeprefix('visual.')
    return 'text_encoder.' + (f'transformer.res{name}' if name.startswith('blocks.') else name)


def tuned_weights(names: Iterable[str]) -> dict[str, Any]:
    """``TunedWeights`` of exactly these weights."""
    found: dict[str, list[str]] = {'vision': [], 'text': []}
    for name in names:
        tower, own = own_name(name)
        found[tower].append(own)
    return dict(type='TunedWeights', vision_start=-1, text_start=-1, **found)


def _is_tuned(name: str) -> bool:
    if name.endswith('VPT_shallow'):  # tokens of other methods
        return False
    return (
        '.ln_' in name
        or 'resblocks.' in name
        or name.split('.')[-1] in ('proj', 'text_projection')
        or 'ln_final' in name
    )


def weight_links(names: Iterable[str]) -> list[Link]:
    """One link per weight."""
    return [Link(f'{_ADAPTER}.{own_name(name)[0]}.{own_name(name)[1]}', name) for name in names]


class TwoStageLayerNorms(Original):
    """2SFS, first stage: the LayerNorms of the blocks."""

    name = '2sfs'
    recorded_as: tuple[str, ...] = ('2sfs stage 1',)

    def model(self, case: Recorded) -> dict[str, Any]:
        """``AdapterPrompter`` on the recorded LayerNorms."""
        return dict(
            prompter=dict(
                type='AdapterPrompter',
                adapter=tuned_weights(case.group('learn')),
                template=case.meta['template'],
            ),
            head=dict(type='PromptClsHead'),
        )

    def links(self, names: Iterable[str]) -> Sequence[Link]:
        """The LayerNorms."""
        return weight_links(name for name in names if _is_tuned(name))

    def optimiser(self, case: Recorded, own: bool) -> Any:
        """The recordings have them in words."""
        return dict(_ADAMW if own else _SGD)


class TwoStageClassifier(TwoStageLayerNorms):
    """2SFS, second stage: a classifier, and selective inference."""

    recorded_as: tuple[str, ...] = ('2sfs stage 2',)

    def model(self, case: Recorded) -> dict[str, Any]:
        """``TwoStagePrompter`` with the recorded LayerNorms and classes."""
        return dict(
            prompter=dict(
                type='TwoStagePrompter',
                adapter=tuned_weights(case.group('stage1')),
                template=case.meta['template'],
                num_classes=len(case.names),
            ),
            head=dict(type='PromptClsHead'),
        )

    def learnables(self, case: Recorded) -> dict[str, Tensor]:
        """The classifier, and the LayerNorms that are frozen."""
        return {**case.group('stage1'), **case.group('learn')}

    def links(self, names: Iterable[str]) -> Sequence[Link]:
        """The LayerNorms and the classifier."""
        names = list(names)
        links = list(super().links(names))
        return (
            links + [Link('prompter.classifier', 'classifier')] if 'classifier' in names else links
        )

    def prepare(self, model: nn.Module, case: Recorded, training: bool) -> None:
        """Enter the second stage, with the classifier as it was loaded."""
        prompter: Any = model.prompter
        if int(prompter.stage) == 1:
            prompter.enter_stage(2, prompter.classifier.data)

    @torch.no_grad()
    def extras(self, model: nn.Module, case: Recorded) -> dict[str, Tensor]:
        """Where the classifier starts, and selective inference on names of which some are known."""
        own: Any = model
        own.prompter.stage.fill_(1)
        start = own.train().eval().text_features()[0, 0]
        own.prompter.stage.fill_(2)
        own.set_vocabulary(self.vocabulary(case, case.meta['novel_names'], seen=False))
        novel = own.output(case['images'])
        own.set_vocabulary(self.vocabulary(case, case.names))
        return {
            'init_classifier': start,
            'eval_logits_novel': novel.logits['class'][0],
            'text_features_novel': novel.text,
        }


class SkipT(Original):
    """SkipT: the upper blocks of both towers, and steps that leave classes out."""

    name = 'skipt'
    recorded_as: tuple[str, ...] = ('skipt',)
    not_compared = {'medium_text_features': 'states between blocks, which only the text tower sees'}

    def model(self, case: Recorded) -> dict[str, Any]:
        """``TunedWeights`` from the recorded block on, with class skipping."""
        hyper = case.hyper
        start = int(hyper['START_LAYER'])
        return dict(
            prompter=dict(
                type='AdapterPrompter',
                adapter=dict(type='TunedWeights', vision_start=start, text_start=start),
            ),
            head=dict(type='PromptClsHead'),
            class_skipping=dict(
                type='ClassSkipping',
                share=float(hyper['TOP_RATIO']),
                max_top=int(hyper['MAX_TOP']),
                decay=float(hyper['LAMBDA']),
            ),
        )

    def learnables(self, case: Recorded) -> dict[str, Tensor]:
        """By the recipe of the recordings: four fifths of one tiny CLIP and one fifth of another, in float16."""
        from ..tiny_clip import tensor_state_dict  # the recordings' package knows the originals

        seed = int(case.meta['tiny_clip_seed'])
        first, second = tensor_state_dict(seed), tensor_state_dict(seed + 5000)
        out = {}
        for name in case.meta['trainable']:
            openai = name.replace('image_encoder.', 'visual.').replace('text_encoder.', '')
            out[name] = (0.8 * first[openai] + 0.2 * second[openai]).half().float()
        return out

    def links(self, names: Iterable[str]) -> Sequence[Link]:
        """The upper blocks, the last LayerNorms and the projections."""
        names = list(names)
        blocks = [int(found.group(1)) for name in names if (found := _BLOCK.search(name))]
        # a checkpoint holds both whole encoders, of which the original trains the upper half
        whole = any('ln_pre' in name for name in names)
        first = (max(blocks, default=-1) + 1) // 2 if whole else 0
        return weight_links(
            name
            for name in names
            if name.startswith(('image_encoder.', 'text_encoder.'))
            and _is_tuned(name)
            and 'ln_pre' not in name
            and not ((found := _BLOCK.search(name)) and int(found.group(1)) < first)
        )

    def names(self, state: Mapping[str, Tensor]) -> list[str]:
        """Weights of both encoders."""
        return [_their_name(name) for name in state if name.startswith(f'{_ADAPTER}.')]

    def groups(self, model: nn.Module, settings: dict[str, Any]) -> list[dict[str, Any]]:
        """One learning rate per tower."""
        rates = {'text': settings.pop('lr_text'), 'vision': settings.pop('lr_image')}
        return [
            {
                'params': [
                    value
                    for name, value in model.named_parameters()
                    if name.startswith(f'{_ADAPTER}.{tower}.') and value.requires_grad
                ],
                'lr': rate,
            }
            for tower, rate in rates.items()
        ]

    def prepare(self, model: nn.Module, case: Recorded, training: bool) -> None:
        """The recorded draw of ranks."""
        own: Any = model
        own.class_skipping.kept_ranks = case['noise/reserve_mask'].bool()

    @torch.no_grad()
    def extras(self, model: nn.Module, case: Recorded) -> dict[str, Tensor]:
        """Prototypes of the classes, and the input of the first trained block."""
        own: Any = model
        stem = own.backbone.image_stem(case['images'], own.prompter.first_vision_layer)
        return {
            'class_prototypes': own.teacher_text(),
            'medium_image_features': stem.hidden.transpose(0, 1),
        }
