"""Every method on all fifteen datasets in all protocols gets what its authors publish, whichever config one starts from.

The tables below are typed from the papers and the originals' repositories, not read from ``configs/_base_/settings``.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

from vamp_mm.apis import compose
from vamp_mm.config.identity import config_hash
from vamp_mm.datasets import CATALOG

CONFIGS = Path(__file__).parents[2] / 'configs'
IMAGENET, CALTECH, PETS, CARS, FLOWERS, FOOD, AIRCRAFT, SUN, DTD, EUROSAT, UCF = ELEVEN = (
    'imagenet',
    'caltech101',
    'oxford_pets',
    'stanford_cars',
    'oxford_flowers',
    'food101',
    'fgvc_aircraft',
    'sun397',
    'dtd',
    'eurosat',
    'ucf101',
)
VARIANTS = ('imagenetv2', 'imagenet_sketch', 'imagenet_a', 'imagenet_r')
HALVES, SHOTS, CROSS, DOMAINS, OPEN = (
    'base-to-novel',
    'few-shot',
    'cross-dataset',
    'domain-generalization',
    'open',
)
TRANSFER = (CROSS, DOMAINS)

BATCH, EPOCHS, RATE = (
    'train_dataloader.batch_size',
    'train_cfg.max_epochs',
    'optim_wrapper.optimizer.lr',
)
LAMBDA, WIDTH, BLEND = (
    'model.head.consistency',
    'model.prompter.host.space_width',
    'model.prompter.host.blend',
)
WARMUP = 'param_scheduler.warmup_epochs'

_MMRL = {
    CARS: 7,
    AIRCRAFT: 6,
    SUN: 6,
    DTD: 6,
    FOOD: 5,
    FLOWERS: 4,
    UCF: 3,
    IMAGENET: 0.5,
    CALTECH: 0.5,
    PETS: 0.2,
    EUROSAT: 0.01,
}
_MMRLPP = {  # beta, lambda
    IMAGENET: (0.9, 0.2),
    AIRCRAFT: (0.9, 2),
    UCF: (0.9, 3),
    DTD: (0.9, 7),
    PETS: (0.7, 0.01),
    CARS: (0.7, 6),
    CALTECH: (0.6, 3),
    SUN: (0.5, 3),
    FLOWERS: (0.4, 7),
    EUROSAT: (0.2, 0.01),
    FOOD: (0.1, 1),
}
_BPL = {  # samples, epochs
    CALTECH: (20, 20),
    PETS: (40, 20),
    CARS: (20, 40),
    FLOWERS: (10, 40),
    FOOD: (20, 20),
    AIRCRAFT: (10, 10),
    SUN: (20, 10),
    DTD: (40, 10),
    EUROSAT: (20, 60),
    UCF: (5, 20),
    IMAGENET: (10, 10),
}
_SKIPT = {
    CALTECH: 'itap of a {}.', DTD: 'itap of a {}.', EUROSAT: 'a centered satellite photo of {}.',
    AIRCRAFT: 'a bright photo of a {}, a type of aircraft.', FOOD: 'a photo of the nice {}.',
    FLOWERS: 'a close-up photo of a {}.', PETS: 'a bad photo of a {}, a type of pet.',
    CARS: 'a photo of the {}, a type of car.', UCF: 'a photo of a {}, a type of sport.',
    'imagenet_sketch': 'a sketch of a {}.', 'imagenet_a': 'a bad photo of a {}.', 'imagenet_r': 'a rendition of a {}.'}  # fmt: skip
_PROGRAD = {
    PETS: 'a type of pet, a photo of a',
    FLOWERS: 'a type of flower, a photo of a',
    AIRCRAFT: 'a type of aircraft, a photo of a',
    DTD: 'a texture of',
    EUROSAT: 'a centered satellite photo of',
    FOOD: 'a type of food, a photo of',
    UCF: 'a photo of a person doing',
}
_LATE = (CARS, FLOWERS, AIRCRAFT, DTD, EUROSAT)  # PromptSRC, few-shot: mean 45, width 5


def _coop(data: str, protocol: str) -> dict[str, Any]:
    random = protocol == SHOTS
    return {
        BATCH: 32,
        EPOCHS: 50 if data == IMAGENET or protocol in TRANSFER else 200,
        RATE: 2e-3,
        'model.prompter.context': None if random else 'a photo of a',
        'model.prompter.num_tokens': 16 if random else None,
    }


def _prograd(data: str, protocol: str) -> dict[str, Any]:
    epochs = 50 if data == IMAGENET else 200 if protocol == SHOTS else 100
    weak = protocol == SHOTS and data in (FLOWERS, DTD, EUROSAT)
    return {
        BATCH: 32,
        EPOCHS: epochs,
        RATE: 2e-3,
        'optim_wrapper.strength': 0.8 if weak else 1.0,
        'model.prompter.context': _PROGRAD.get(data, 'a photo of a'),
        'model.prompter.num_tokens': 16,
    }


def _bpl(data: str, protocol: str) -> dict[str, Any]:
    samples, epochs = (10, 10) if protocol in TRANSFER else _BPL[data]
    return {
        BATCH: 1,
        EPOCHS: epochs,
        'model.prompter.shift.train_samples': samples,
        'model.prompter.shift.test_samples': samples,
    }


def _tcp(data: str, protocol: str) -> dict[str, Any]:
    return {
        BATCH: 32,
        EPOCHS: 25 if data in (IMAGENET, SUN) else 50,
        RATE: 2e-3,
        'model.prompter.template': '{}, a type of car' if data == CARS else '{}.',
    }


def _maple(data: str, protocol: str) -> dict[str, Any]:
    depth = 3 if protocol in TRANSFER else 9
    return {
        BATCH: 4,
        EPOCHS: 2 if protocol in TRANSFER else 50 if protocol == SHOTS else 5,
        RATE: 2.6e-3 if protocol in TRANSFER else 3.5e-3,
        'model.prompter.depth': depth,
        'model.prompter.host.depth': depth,
        'model.prompter.host.num_tokens': 2,
    }


def _promptsrc(data: str, protocol: str) -> dict[str, Any]:
    mean, std = (6, 10) if protocol in TRANSFER else (15, 1)
    if protocol == SHOTS:
        mean, std = (45, 5) if data in _LATE else (30, 30)
    depth = 3 if protocol in TRANSFER else 9
    return {
        BATCH: 4,
        EPOCHS: 50 if protocol == SHOTS else 20,
        RATE: 2.5e-3,
        'model.prompter.vision_depth': depth,
        'model.prompter.text_depth': depth,
        'custom_hooks.6.mean': mean,
        'custom_hooks.6.std': std,
    }


def _mmrl_schedule(data: str, protocol: str) -> dict[str, Any]:
    if protocol in TRANSFER:
        return {BATCH: 32, EPOCHS: 1, WARMUP: 0}
    if data == IMAGENET:
        return {BATCH: 32, EPOCHS: 5, WARMUP: 1}
    return (
        {BATCH: 32, EPOCHS: 50, WARMUP: 1}
        if protocol == SHOTS
        else {BATCH: 4, EPOCHS: 10, WARMUP: 1}
    )


def _mmrl(data: str, protocol: str) -> dict[str, Any]:
    transfer = protocol in TRANSFER
    return {
        **_mmrl_schedule(data, protocol),
        RATE: 1e-3,
        LAMBDA: 0.2 if transfer else _MMRL[data],
        WIDTH: 2048 if data == EUROSAT and not transfer else 512,
    }


def _mmrlpp(data: str, protocol: str) -> dict[str, Any]:
    many = protocol == SHOTS and data != IMAGENET
    blend, weight = (0.9, 0.1) if protocol in TRANSFER else _MMRLPP[data]
    expected = {
        **_mmrl_schedule(data, protocol),
        RATE: 2e-3 if many else 1e-3,
        BLEND: blend,
        LAMBDA: weight,
        WIDTH: 512,
    }
    return {**expected, EPOCHS: 100} if many else expected


def _skipt(data: str, protocol: str) -> dict[str, Any]:
    few, transfer = protocol == SHOTS, protocol in TRANSFER
    epochs = (40 if few else 20) // (4 if data in (IMAGENET, SUN, FOOD) else 1)
    factor = None if few else 0.1 if transfer else 0.25
    return {
        BATCH: 4,
        EPOCHS: epochs,
        RATE: 2e-5 if protocol in (HALVES, OPEN) else 1e-5,
        'optim_wrapper.paramwise_cfg': factor and {'lr_mult': {'prompter.adapter.vision.': factor}},
        'optim_wrapper.constructor': None if few else 'PartOptimWrapperConstructor',
        WARMUP: 0 if few else 1,
        'param_scheduler.warmup_lr': 1e-8 if transfer else 1e-6,
        'train_dataloader.batch_sampler.type': 'OneClassBatchSampler',
        'model.prompter.template': None if transfer else _SKIPT.get(data),
        'train_dataloader.dataset.templates': [_SKIPT[data]]
        if transfer and data in _SKIPT
        else None,
    }


def _vamp_maple(data: str, protocol: str) -> dict[str, Any]:
    batch = {BATCH: 4} if protocol == SHOTS and data != IMAGENET else {}
    return {
        **_mmrl_schedule(data, protocol),
        RATE: 1e-3,
        'optim_wrapper.optimizer.weight_decay': 0.01,
        LAMBDA: 0.0,
        'model.prompter.depth': 9,
        'model.prompter.host.depth': 9,
        'model.prompter.host.num_tokens': 2,
        **batch,
    }


def _always(**values: Any) -> Callable[[str, str], dict[str, Any]]:
    keys = {'batch': BATCH, 'epochs': EPOCHS, 'rate': RATE}
    return lambda data, protocol: {keys[key]: value for key, value in values.items()}


#: Method -> its config, and what is published for a dataset and a protocol (16 shots).
METHODS: dict[str, tuple[str, Callable[[str, str], dict[str, Any]]]] = {
    'clip': ('clip/clip', lambda data, protocol: {}),
    'clip_ensemble': (
        'clip/clip_ensemble',
        lambda data, protocol: {
            'model.prompter.own': False if data == IMAGENET and protocol not in TRANSFER else None
        },
    ),
    'coop': ('coop/coop', _coop),
    'cocoop': ('cocoop/cocoop', _always(batch=1, epochs=10, rate=2e-3)),
    'proda': ('proda/proda', _always(batch=4, epochs=100, rate=1e-3)),
    'kgcoop': ('kgcoop/kgcoop', _always(batch=128, epochs=100, rate=2e-3)),
    'prograd': ('prograd/prograd', _prograd),
    'bpl': ('bpl/bpl', _bpl),
    'bpl_conditional': ('bpl/bpl_conditional', _bpl),
    'tcp': ('tcp/tcp', _tcp),
    'vpt_deep': ('vpt/vpt_deep', _always(batch=4, epochs=5, rate=2.5e-3)),
    'vpt_shallow': ('vpt/vpt_shallow', _always(batch=4, epochs=5, rate=2.5e-3)),
    'ivlp': ('ivlp/ivlp', _always(batch=4, epochs=5, rate=3.5e-3)),
    'language_prompting': ('ivlp/language_prompting', _always(batch=4, epochs=5, rate=2.5e-3)),
    'maple': ('maple/maple', _maple),
    'promptsrc': ('promptsrc/promptsrc', _promptsrc),
    'mma': (
        'mma/mma',
        lambda data, protocol: {BATCH: 128 if data == IMAGENET else 16, EPOCHS: 5, RATE: 1.5e-3},
    ),
    'mmrl': ('mmrl/mmrl', _mmrl),
    'mmrlpp': ('mmrlpp/mmrlpp', _mmrlpp),
    'twosfs': (
        'twosfs/twosfs',
        lambda data, protocol: {BATCH: 32, 'train_cfg.max_iters': 4800, RATE: 2e-4},
    ),
    'skipt': ('skipt/skipt', _skipt),
    'vamp_mmrl': (
        'vamp/vamp_mmrl',
        lambda data, protocol: {
            **_mmrl(data, protocol),
            'optim_wrapper.optimizer.weight_decay': 0.01,
        },
    ),
    'vamp_maple': ('vamp/vamp_maple', _vamp_maple),
}


@pytest.fixture(autouse=True)
def _read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files do not change while these tests run: each is read once."""
    read = functools.cache(Config.fromfile)
    monkeypatch.setattr(Config, 'fromfile', lambda file: copy.deepcopy(read(str(file))))


def _at(cfg: Any, key: str) -> Any:
    for part in key.split('.'):
        cfg = cfg[int(part)] if part.isdigit() else cfg.get(part)
        if cfg is None:
            return None
    return cfg.to_dict() if isinstance(cfg, dict) and hasattr(cfg, 'to_dict') else cfg


def _differences(cfg: Config, expected: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    found = {key: _at(cfg, key) for key in expected}
    return {key: (value, expected[key]) for key, value in found.items() if value != expected[key]}


def test_every_config_folder_is_in_the_table() -> None:
    files = {path.stem for path in CONFIGS.glob('[!_]*/*_vit-b16_caltech101.py')}
    assert files == {f'{name}_vit-b16_caltech101' for name in METHODS}
    assert set(ELEVEN + VARIANTS) == set(CATALOG) - {'icons'}


@pytest.mark.parametrize('method', METHODS)
def test_settings_are_the_published_ones_on_all_datasets(method: str) -> None:
    stem, published = METHODS[method]
    file = CONFIGS / f'{stem}_vit-b16_caltech101.py'
    wrong = {}
    for data in ELEVEN:
        for protocol in (HALVES, SHOTS, CROSS, DOMAINS, OPEN):
            # they take no part in it, and time
            targets = ['source'] if protocol in TRANSFER else None
            cfg = compose(file, dataset=data, protocol=protocol, targets=targets)
            assert (cfg.run.method, cfg.run.dataset, cfg.run.protocol) == (method, data, protocol)
            if found := _differences(cfg, published(data, protocol)):
                wrong[data, protocol] = found
    for data in VARIANTS:  # nothing is trained on them: what was trained on ImageNet answers
        expected = published(IMAGENET, DOMAINS)
        cfg = compose(file, dataset=data)
        if found := _differences(
            cfg, {key: expected[key] for key in expected if key.startswith('model.')}
        ):
            wrong[data, ''] = found
    assert wrong == {}


@pytest.mark.parametrize('method', METHODS)
def test_all_configs_of_a_method_lead_to_the_same_run(method: str) -> None:
    stem, _ = METHODS[method]
    files = sorted(CONFIGS.glob(f'{stem}_vit-b16_*.py'))
    for data, protocol in (
        (DTD, SHOTS),
        (EUROSAT, HALVES),
        (IMAGENET, SHOTS),
        (IMAGENET, CROSS),
        (CALTECH, HALVES),
    ):
        hashes = {
            path.name: config_hash(compose(path, dataset=data, protocol=protocol)) for path in files
        }
        assert len(set(hashes.values())) == 1, (data, protocol, hashes)


@pytest.mark.parametrize(('method', 'key', 'by_shots'), [
    ('coop', EPOCHS, {1: 50, 2: 100, 3: 100, 4: 100, 8: 200, 16: 200, 32: 200, -1: 200}),
    ('prograd', EPOCHS, {1: 50, 2: 100, 4: 100, 8: 200, 16: 200}),
    ('twosfs', 'train_cfg.max_iters', {1: 300, 2: 600, 3: 900, 4: 1200, 8: 2400, 16: 4800, -1: 4800}),
    ('skipt', 'train_dataloader.batch_sampler.type', {
        1: 'ProtocolBatchSampler', 2: 'ProtocolBatchSampler', 3: 'ProtocolBatchSampler', 4: 'OneClassBatchSampler'}),
    ('mmrl', EPOCHS, {1: 50, 2: 50, 4: 50, 8: 50, 16: 50}),
])  # fmt: skip
def test_settings_follow_the_number_of_shots(
    method: str, key: str, by_shots: dict[int, Any]
) -> None:
    file = CONFIGS / f'{METHODS[method][0]}_vit-b16_caltech101.py'
    assert {
        shots: _at(compose(file, dataset=PETS, protocol=SHOTS, shots=shots), key)
        for shots in by_shots
    } == by_shots


def test_prograd_projects_less_on_three_sets_with_many_shots() -> None:
    file = CONFIGS / 'prograd/prograd_vit-b16_caltech101.py'
    found = {
        (data, shots): compose(
            file, dataset=data, protocol=SHOTS, shots=shots
        ).optim_wrapper.strength
        for data in (FLOWERS, DTD, EUROSAT, PETS)
        for shots in (4, 8)
    }
    assert found == {
        (FLOWERS, 4): 1,
        (FLOWERS, 8): 0.8,
        (DTD, 4): 1,
        (DTD, 8): 0.8,
        (EUROSAT, 4): 1,
        (EUROSAT, 8): 0.8,
        (PETS, 4): 1,
        (PETS, 8): 1,
    }


def test_coop_of_other_clips_generalises_over_domains_with_sixteen_words() -> None:
    cfg = compose(CONFIGS / 'coop/coop_rn50_caltech101.py', dataset=IMAGENET, protocol=DOMAINS)
    assert (
        cfg.model.prompter.num_tokens,
        cfg.model.prompter.context,
        cfg.train_cfg.max_epochs,
    ) == (16, None, 50)
    cfg = compose(CONFIGS / 'coop/coop_rn50_caltech101.py', shots=1)
    assert (cfg.run.protocol, cfg.model.prompter.num_tokens, cfg.train_cfg.max_epochs) == (
        'few-shot',
        16,
        50,
    )


def test_skipt_asks_each_target_in_its_own_words() -> None:
    for protocol in TRANSFER:
        cfg = compose(
            CONFIGS / 'skipt/skipt_vit-b16_caltech101.py', dataset=IMAGENET, protocol=protocol
        )
        splits = {
            name.split('/')[0]: split.dataset.get('templates')
            for name, split in cfg.test_cfg.splits.items()
        }
        assert splits == {name: [_SKIPT[name]] if name in _SKIPT else None for name in splits}
        assert cfg.model.get('teacher') is None
        own = compose(
            CONFIGS / 'skipt/skipt_vit-b16_cross_dataset.py', protocol=protocol, template=['a {} b']
        )
        assert {
            str(split.dataset.get('templates'))
            for name, split in own.test_cfg.splits.items()
            if 'imagenet/' not in name
        } == {"['a {} b']"}
    teacher = compose(CONFIGS / 'skipt/skipt_vit-b16_caltech101.py', dataset=PETS).model.teacher
    assert teacher == dict(type='TextTeacher', templates=['a bad photo of a {}, a type of pet.'])
