"""Checkpoints of strangers: sizes, files and kinds in them are looked at before anything is built."""

from __future__ import annotations

import copy
import os
import shutil
from pathlib import Path
from typing import Any

import helpers_models as helpers
import numpy as np
import pytest
import torch
from helpers_prediction import config_of, write_checkpoint
from methods import METHODS

from vamp_mm.apis import ConfigError, Predictor
from vamp_mm.datasets import DataError
from vamp_mm.engine import CheckpointError, load_checkpoint, save_checkpoint
from vamp_mm.engine.settings import run_settings
from vamp_mm.models import PromptedCLIPBackbone
from vamp_mm.prediction.checkpoint import Checkpoint, trained_words
from vamp_mm.prediction.limits import MOST_UNITS, batch_size_problems, number_problems
from vamp_mm.prediction.named_files import named_files
from vamp_mm.prediction.results import Rejection
from vamp_mm.registry import MODELS

_VAMP = next(row for row in METHODS if row.prior_network)
IMAGE = np.zeros((32, 32, 3), np.uint8)


class Stranger:
    """Writes a sound checkpoint with something changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clip = helpers.write_clip(folder / 'clip')
        self.sound = folder / 'sound.pth'
        write_checkpoint(_VAMP, PromptedCLIPBackbone(**self.clip), self.clip, self.sound)
        self._state = load_checkpoint(self.sound)
        self._state.pop('file')

    def state(self) -> dict[str, Any]:
        return copy.deepcopy(self._state)

    def write(self, state: dict[str, Any]) -> Path:
        save_checkpoint(state, self.folder / 'stranger.pth')
        return self.folder / 'stranger.pth'

    def with_setting(self, dotted: str, value: Any) -> Path:
        config = config_of(_VAMP, self.clip)
        config.merge_from_dict({dotted: value}, allow_list_keys=True)
        state = self.state()
        state['meta']['cfg_text'] = config.pretty_text
        return self.write(state)

    def with_meta(self, key: str, value: Any) -> Path:
        state = self.state()
        state['meta']['dataset_meta'][key] = value
        return self.write(state)


@pytest.fixture(scope='module')
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    return Stranger(tmp_path_factory.mktemp('stranger'))


@pytest.mark.parametrize(
    ('dotted', 'value', 'message'),
    [
        (
            'test_dataloader.dataset.pipeline.1.size',
            640000,
            'the test pipeline.1.size=640,000 is above the limit of 4,096',
        ),
        (
            'test_dataloader.dataset.pipeline.2.size',
            [1, -(10**9)],
            'the test pipeline.2.size.1=-1,000,000,000 is above the limit of',
        ),
        (
            'test_dataloader.dataset.pipeline.1.size',
            -32,
            'the test pipeline.1.size=-32 is not a whole number from 1 to 4,096',
        ),
        ('test_dataloader.dataset.pipeline.1.size', 0, 'pipeline.1.size=0 is not a whole number'),
        (
            'test_dataloader.dataset.pipeline.1.size',
            32.5,
            'pipeline.1.size=32.5 is not a whole number',
        ),
        (
            'test_dataloader.dataset.pipeline.1.size',
            '32',
            "pipeline.1.size='32' is not a whole number",
        ),
        (
            'test_dataloader.dataset.pipeline.2.size',
            [32, True],
            'pipeline.2.size.1=True is not a whole number',
        ),
        (
            'test_dataloader.dataset.pipeline',
            [dict(type='LoadRGBImage')] * 60,
            'has 60 transforms, at most 50',
        ),
        (
            'test_dataloader.dataset.pipeline.1.type',
            'Explode',
            "transform 1 of the test pipeline, 'Explode'",
        ),
        (
            'test_dataloader.batch_size',
            10**9,
            'batch_size=1,000,000,000 is not an integer from 1 to 4,096',
        ),
        ('test_dataloader.batch_size', 2.5, 'batch_size=2.5 is not an integer'),
        ('test_dataloader.batch_size', 0, 'batch_size=0 is not an integer'),
        (
            'model.prompter.test_samples',
            10**9,
            r'model.prompter.test_samples=1,000,000,000 is above the limit of 1,000',
        ),
        ('model.prompter.test_samples', 10**30, r'test_samples=a number of 31 digits is above'),
        (
            'model.prompter.hidden',
            10**7,
            r'model.prompter.hidden=10,000,000 is above the limit of 8,192',
        ),
        (
            'model.prompter.host',
            dict(type='CoupledTokens', num_tokens=10**6),
            r'host.num_tokens=1,000,000 is above',
        ),
        ('model.backbone.pretrained', '/dev/zero', "pretrained='/dev/zero' is a device"),
        ('model.backbone.pretrained', '//host/share/x.pt', 'is on another computer'),
        ('model.backbone.pretrained', 'openai@https://host/x.pt', 'is on another computer'),
        ('model.backbone.cache_dir', '\\\\host\\share', 'is on another computer'),
    ],
)
def test_sizes_and_files_are_refused_before_anything_is_built(
    stranger, monkeypatch, dotted, value, message
):
    file = stranger.with_setting(dotted, value)

    def built(*_: Any, **__: Any) -> None:
        raise AssertionError('something was built')

    monkeypatch.setattr(MODELS, 'build', built)
    with pytest.raises(CheckpointError, match=message):
        Predictor(file)


def test_a_fifo_as_weights_is_not_waited_for(stranger, tmp_path):
    os.mkfifo(tmp_path / 'weights.pt')
    with pytest.raises(CheckpointError, match='is a FIFO'):
        Predictor(stranger.with_setting('model.backbone.pretrained', str(tmp_path / 'weights.pt')))


def test_local_files_that_a_checkpoint_names_are_said(stranger, capsys):
    Predictor(stranger.sound)
    said = capsys.readouterr().out
    assert f'model.backbone.pretrained={stranger.clip["pretrained"]!r}' in said
    assert f'model.backbone.arch={stranger.clip["arch"]!r}' in said
    # what the user names is no news
    Predictor(stranger.sound, overrides={'model.backbone.pretrained': stranger.clip['pretrained']})
    assert 'backbone.pretrained' not in capsys.readouterr().out
    # and what lies elsewhere now can be named
    gone = stranger.with_setting('model.backbone.pretrained', '//host/x.pt')
    assert Predictor(gone, overrides={'model.backbone.pretrained': stranger.clip['pretrained']})(
        IMAGE
    )


def test_tags_and_embedded_weights_are_no_files():
    model = dict(
        backbone=dict(arch='ViT-B-16', pretrained='openai'),
        other=[dict(arch=None, pretrained='embedded')],
    )
    assert named_files(model, (), 'x') == []
    assert named_files(dict(backbone=dict(pretrained='w.pt')), (), 'x') == [
        "model.backbone.pretrained='w.pt'"
    ]


@pytest.mark.parametrize('value', [-1, 0, True, 4097, 10**400, 2.0, 'x', [1]])
def test_batch_sizes(value):
    assert len(batch_size_problems(value)) == 1
    assert batch_size_problems(4096) == batch_size_problems(None) == batch_size_problems(1) == []


def test_numbers_are_found_at_any_depth():
    assert number_problems(
        dict(a=[dict(b=(1, MOST_UNITS + 1))], seed=2**40, flag=True, text='9' * 99), 'm', MOST_UNITS
    ) == ['m.a.0.b.1=8,193 is above the limit of 8,192']
    assert number_problems(dict(x=float('nan'), y=float('-inf')), 'm', MOST_UNITS) == [
        'm.x=nan is not finite',
        'm.y=-inf is not finite',
    ]


@pytest.mark.parametrize(
    ('key', 'value', 'message'),
    [
        ('classes', 5, r"'classes'\] is 5 .* a list of class names"),
        ('classes', 'abc', r"'classes'\] is 'abc' .* a list of class names"),
        ('classes', [1, 2], 'list of class names'),
        ('classes', {'a': 1}, r"'classes'\] is a dict .* a list of class names"),
        ('classes', ['a', None], 'list of class names'),
        ('templates', 5, r"'templates'\] is 5 .* a sentence or a list of"),
        ('templates', [5], 'a sentence or a list of'),
        ('homonyms', 'abc', r"'homonyms'\] is 'abc' .* a list of"),
        ('homonyms', 1.5, 'is 1.5'),
    ],
)
def test_metadata_of_another_kind(stranger, key, value, message):
    with pytest.raises(CheckpointError, match=message):
        Predictor(stranger.with_meta(key, value))


def test_metadata_that_is_no_dict(stranger):
    state = stranger.state()
    state['meta']['dataset_meta'] = 5
    with pytest.raises(CheckpointError, match=r"'dataset_meta'\] is 5 .* must be a dict"):
        Predictor(stranger.write(state))


def test_one_class_of_the_training_needs_others_to_be_told_from(stranger):
    state = stranger.state()
    state['meta']['dataset_meta']['classes'] = ['cat']
    state['state_dict']['prompter.prototypes'] = state['state_dict']['prompter.prototypes'][:1]
    predictor = Predictor(stranger.write(state))
    with pytest.raises(
        DataError,
        match=r"\['cat'\]: the model was trained on one class, and telling classes apart needs two",
    ):
        predictor(IMAGE)
    assert predictor(IMAGE, classes=['cat', 'dog'])[0].name in ('cat', 'dog')


def test_rows_for_classes_and_names_of_classes_are_as_many(stranger):
    state = stranger.state()
    width = state['state_dict']['prompter.prototypes'].shape[1:]
    state['state_dict']['prompter.prototypes'] = torch.zeros(5, *width)
    assert Predictor(stranger.write(state)).classes == helpers.NAMES
    state['state_dict']['prompter.prototypes'] = torch.zeros(3, *width)
    with pytest.raises(
        CheckpointError,
        match='prompter.prototypes has 3 rows, one for each class, and .* has 5 names',
    ):
        Predictor(stranger.write(state))


@pytest.mark.parametrize(('dotted', 'value', 'message'), [
    ('model.prompter.nosuch', 1, "cannot be built: .*'nosuch'"), ('model.head', 'abc', 'cannot be built'),
    ('test_dataloader.dataset.pipeline.1.interpolation', 'zzz', "test transform .*'zzz'.* cannot be built"),
    ('test_dataloader.dataset.pipeline.1.bla', 3, "test transform .* cannot be built: .*'bla'"),
    ('test_dataloader.dataset.pipeline.2.size', 48, '48 x 48 pixels large, and the backbone takes 32 x 32'),
    ('test_dataloader.dataset.pipeline', 5, 'transform 0'), ('test_dataloader', 5, 'no test_dataloader.dataset.pipeline'),
    ('model.backbone.image_mean', [1, 2], 'fails on images of shape'),
])  # fmt: skip
def test_what_does_not_fit_ends_in_one_sentence(stranger, dotted, value, message):
    file = stranger.with_setting(dotted, value)
    with pytest.raises((CheckpointError, ConfigError, DataError), match=message):
        Predictor(file)(IMAGE)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (dict(checkpoint=5), 'checkpoint=5 is of type int'),
        (
            dict(checkpoint='{folder}'),
            r'is a folder without a last checkpoint; give a file; there are .*sound\.pth',
        ),
        (dict(config=5), 'config=5 is of type int'),
        (dict(overrides=[1]), r'overrides=\[1\] is of type list'),
        (dict(device='nowhere'), "device='nowhere' cannot be used"),
        (dict(device='meta'), "device='meta' cannot be used"),
        (dict(config='{folder}/clip/weights.pt'), 'cannot be read'),
    ],
)
def test_wrong_arguments_of_a_predictor(stranger, arguments, message):
    arguments = {
        key: value.format(folder=stranger.folder) if isinstance(value, str) else value
        for key, value in arguments.items()
    }
    with pytest.raises(ConfigError, match=message):
        Predictor(**{'checkpoint': stranger.sound, **arguments})


@pytest.mark.parametrize(
    ('names', 'taken'),
    [
        (('epoch_2.pth', 'epoch_10.pth', 'notes.txt'), 'epoch_10.pth'),
        (('iter_40.pth', 'iter_9.pth'), 'iter_40.pth'),
        (('mine.pth',), 'mine.pth'),
    ],
)
def test_the_folder_of_a_run_stands_for_its_last_checkpoint(
    stranger, tmp_path, capsys, names, taken
):
    for name in names:
        shutil.copy(stranger.sound, tmp_path / name)
    by_folder = Predictor(tmp_path)([IMAGE])[0]
    assert f'{str(tmp_path)!r}: its last checkpoint is taken, {taken}' in capsys.readouterr().out
    by_file = Predictor(stranger.sound)([IMAGE])[0]
    assert by_folder.top_k == by_file.top_k


@pytest.mark.parametrize(('interpolation', 'said'), [('bilinear', 1), ('bicubic', 0)])
def test_images_resized_in_another_way_than_the_weights_know_are_said(
    stranger, capsys, interpolation, said
):
    Predictor(
        stranger.with_setting('test_dataloader.dataset.pipeline.1.interpolation', interpolation)
    )
    assert (
        capsys.readouterr().out.count(
            "test_dataloader.dataset.pipeline[1].interpolation='bilinear', and the weights of the backbone were trained with "
            "'bicubic': set it to that, or the accuracy suffers"
        )
        == said
    )


@pytest.mark.parametrize(
    ('key', 'value', 'message'),
    [
        (
            'classes',
            ['a', 3],
            r"\['classes'\]\[1\] is 3 \(int\) and must be a text, for .*\['classes'\] is a list of class names",
        ),
        ('templates', ['a {}', None], r"\['templates'\]\[1\] is a NoneType and must be a text"),
        ('classes', {'a': 'b'}, r"\['classes'\] is a dict and must be a list of class names"),
    ],
)
def test_the_item_of_a_list_that_is_wrong_is_named(stranger, key, value, message):
    with pytest.raises(CheckpointError, match=message):
        Predictor(stranger.with_meta(key, value))


@pytest.mark.parametrize(('names', 'told'), [
    (['pizza,dolphin'], r"\['pizza,dolphin'\]: .* needs two; separate classes by blanks, not commas: --classes pizza dolphin$"),
    (['hot dog, cat'], r"needs two; separate classes by blanks, not commas: --classes 'hot dog' cat$"),
    (['pizza'], r"needs two; give more \(--classes cat dog ...\)$"), ([], 'needs two; give more'),
])  # fmt: skip
def test_commas_between_classes_are_said(stranger, names, told):
    with pytest.raises(DataError, match=told):
        Predictor(stranger.sound)(IMAGE, classes=names)


def _with_settings(stranger: Stranger, **changed: str) -> Path:
    """A checkpoint with the settings that its run would have recorded, some of them changed."""
    model = Predictor(stranger.sound).model
    state = stranger.state()
    state['meta']['settings'] = run_settings(config_of(_VAMP, stranger.clip), model) | changed
    return stranger.write(state)


@pytest.mark.parametrize(
    ('changed', 'said'),
    [
        ({}, None),
        ({'frozen weights': '0' * 16}, 'was trained on other frozen weights than these'),
        (
            {'model.backbone.image_mean[0]': '0.5'},
            'was trained with other settings of the model (before -> now): model.backbone.image_mean[0]: 0.5 -> not set',
        ),
        (
            {'model.prompter.start': '9'},
            'was trained with other settings of the model (before -> now): model.prompter.start: 9 -> ',
        ),
        (
            {'model.backbone.arch': "'/moved/to/arch.json'", 'model.prompter.test_samples': '7'},
            None,
        ),
    ],
)
def test_another_model_than_in_training_is_warned_of(stranger, capsys, changed, said):
    file = _with_settings(stranger, **changed)
    capsys.readouterr()
    Predictor(file)
    out = capsys.readouterr().out
    assert out.count('was trained') == (said is not None)
    assert said is None or said in out


def test_a_config_in_place_of_a_checkpoint_is_said(stranger):
    (stranger.folder / 'mine.py').write_text('model = dict()')
    with pytest.raises(
        ConfigError, match=r"mine\.py' is a \.py file, so probably a config; give a ch"
    ):
        Predictor(stranger.folder / 'mine.py')


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (dict(templates=5), "templates=5 must be a sentence with '{}', a list of sentences"),
        (dict(templates=[5]), r'templates=\[5\] must be a sentence'),
        (
            dict(templates='openai80'),
            r'exactly one .* or the name of a set \(openai-80, openai-7\)',
        ),
        (dict(classes={'dog': 1, 'cat': 0}), 'is a dict, in which the labels have no clear order'),
        (dict(classes={'dog', 'cat'}), 'is a set, in which the labels have no clear order'),
        (dict(inputs={'a.png': 1}), r'image 0 \(counted from 0\) is a dict; allowed'),
        (dict(inputs=b'a.png'), r'is a bytes; allowed'),
    ],
)
def test_wrong_arguments_of_a_call(stranger, arguments, message):
    with pytest.raises(DataError, match=message):
        Predictor(stranger.sound)(**{'inputs': IMAGE, **arguments})


def test_names_of_numpy_become_plain_names(stranger):
    answer = Predictor(stranger.sound)(IMAGE, classes=np.array(['cat', 'dog']))[0]
    assert type(answer.name) is str
    assert {type(candidate.name) for candidate in answer.top_k} == {str}


def test_a_device_that_is_none_is_said_in_short(stranger):
    with pytest.raises(
        ConfigError, match="device='gpu' cannot be used: it is not a device; devices"
    ):
        Predictor(stranger.sound, device='gpu')


def test_what_was_trained_is_read_off_the_checkpoint() -> None:
    """A test's result names the shots and the seed of the training, not those of the config that tests."""
    settings = {'train_dataloader.dataset.shots': '2', 'randomness.seed': '7', 'model.head': 'x'}
    assert trained_words(Checkpoint('a.pth', {}, {'settings': settings})) == {'shots': 2, 'seed': 7}
    settings = {'train_dataloader.dataset.shots': '-1', 'randomness.seed': 'None'}
    assert trained_words(Checkpoint('a.pth', {}, {'settings': settings})) == {'shots': -1}
    assert trained_words(Checkpoint('a.pth', {}, {})) == {}


def test_numbers_of_the_command_line_have_the_limits_of_the_file(stranger) -> None:
    with pytest.raises(
        ConfigError, match=r'model\.prompter\.test_samples=10,000 is above the limit of 1,000'
    ):
        Predictor(stranger.sound, overrides={'model.prompter.test_samples': 10_000})


@pytest.mark.parametrize(('by', 'threshold'), [('pred_std', 3), ('least_confidence', 1.5)])
def test_a_threshold_that_nothing_can_exceed_is_refused(by: str, threshold: float) -> None:
    with pytest.raises(ConfigError, match=f'threshold={threshold}.*so at most'):
        Rejection(by, threshold)


def test_a_checkpoint_of_another_method_is_refused(stranger) -> None:
    file = _with_settings(stranger, **{'model.prompter.type': "'vamp_mm.ContextPrompter'"})
    with pytest.raises(
        CheckpointError,
        match="was trained with model.prompter.type='ContextPrompter' and the config has 'VariationalPrompter': another",
    ):
        Predictor(file)
