"""Predictions from a checkpoint alone: those of the test command, from any kind of input, about any classes."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import micro as world
import numpy as np
import pytest
import torch
from micro_runs import Finished
from mmengine.hooks import Hook
from PIL import Image

from vamp_mm.apis import ConfigError, Predictor
from vamp_mm.datasets import DataError
from vamp_mm.datasets.errors import ImageError
from vamp_mm.engine import CheckpointError, load_checkpoint, save_checkpoint
from vamp_mm.evaluation.uncertainty_fields import UNCERTAINTIES
from vamp_mm.prediction.files import predict_files

# float32: a batch of another size adds up in another order
CLOSE = dict(rtol=0, atol=2e-6)
BASE, NOVEL = world.NAMES[:3], world.NAMES[3:]
FIELDS = ('predictive_entropy', 'expected_entropy', 'mutual_information', 'pred_std')


class Outputs(Hook):
    """Keeps what a test predicts: path -> data sample."""

    def __init__(self) -> None:
        self.samples: dict[str, Any] = {}

    def after_test_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        self.samples.update({sample.img_path: sample for sample in outputs})


@pytest.fixture(scope='module')
def predictor(finished: Finished) -> Predictor:
    """Of the trained VaMP, from the checkpoint alone."""
    return Predictor(finished.file)


@pytest.fixture(scope='module')
def files(micro: world.Micro) -> list[str]:
    """A test image of each class, base classes first."""
    return [str(micro.root / 'data' / 'images' / f'{label}/test_0.png') for label in range(6)]


def _scores(answers: list) -> np.ndarray:
    return np.stack([answer.scores for answer in answers])


def test_predictions_are_those_of_the_test_command(micro, finished, predictor, tmp_path):
    outputs = Outputs()
    micro.test(finished.file, tmp_path / 'test', hooks=[outputs])
    assert len(outputs.samples) == 24
    known = {path: int(Path(path).parent.name) < 3 for path in outputs.samples}
    answers = [
        answer
        for names, seen in ((BASE, True), (NOVEL, False))
        for answer in predictor([path for path in known if known[path] is seen], classes=names)
    ]
    assert len(answers) == 24
    for answer in answers:
        sample = outputs.samples[answer.path]
        np.testing.assert_allclose(answer.scores, sample.pred_score.numpy(), **CLOSE)
        assert answer.label == int(sample.pred_label)
        assert answer.name == (BASE if known[answer.path] else NOVEL)[answer.label]
        assert answer.score == pytest.approx(float(sample.pred_score.max()), abs=2e-6)
        for name in FIELDS:
            assert getattr(answer, name) == pytest.approx(float(sample.get(name)), abs=5e-6), name


def test_seen_classes_are_told_from_others(predictor, files):
    for classes, seen in (
        (None, True),
        (BASE, True),
        (('old_house', 'Red  Ball'), True),
        (NOVEL, False),
        (('red ball', 'zebra'), False),
    ):
        predictor(files[0], classes=classes)
        assert predictor.model.vocabulary.seen is seen, classes
    assert predictor.classes == BASE
    # and it matters: seen classes are answered by the fused logits
    kept = predictor(files, classes=BASE)
    predictor.model.head.inference = 'class'
    try:
        alone = predictor(files, classes=BASE)
    finally:
        predictor.model.head.inference = 'decoupled'
    assert np.abs(_scores(kept) - _scores(alone)).max() > 1e-3


def test_the_batch_size_changes_nothing(predictor, files):
    whole = predictor(files, batch_size=6)
    for size in (1, 4):
        some = predictor(files, batch_size=size)
        assert [answer.label for answer in some] == [answer.label for answer in whole]
        np.testing.assert_allclose(_scores(some), _scores(whole), **CLOSE)
    assert np.ptp(_scores(whole), axis=0).max() > 1e-3  # images differ


def test_all_kinds_of_input_agree(predictor, files, tmp_path):
    expected = predictor(files)
    folder = tmp_path / 'photos'
    for number, file in enumerate(files):
        (folder / str(number)).mkdir(parents=True)
        Image.open(file).save(folder / str(number) / 'image.PNG')
    (folder / 'notes.txt').write_text('no image')
    arrays = [np.asarray(Image.open(file)) for file in files]
    given: dict[str, Any] = {
        'folder': folder,
        'paths': [Path(file) for file in files],
        'generator': (file for file in files),
        'PIL': [Image.open(file) for file in files],
        'arrays': arrays,
        'mixed': [files[0], arrays[1], Image.open(files[2]), folder / '3', *files[4:]],
    }
    for kind, inputs in given.items():
        answers = predictor(inputs)
        np.testing.assert_array_equal(_scores(answers), _scores(expected), err_msg=kind)
        assert [answer.index for answer in answers] == list(range(6))
    bgr = predictor([array[..., ::-1] for array in arrays], channel_order='bgr')
    np.testing.assert_array_equal(_scores(bgr), _scores(expected))
    assert (
        np.abs(_scores(predictor([array[..., ::-1] for array in arrays])) - _scores(expected)).max()
        > 1e-4
    )
    assert [answer.path for answer in predictor(arrays[:2])] == [None, None]
    grey = arrays[0].mean(axis=2).astype(np.uint8)
    np.testing.assert_array_equal(
        _scores(predictor([grey, grey[..., None]])),
        _scores(predictor([np.stack([grey] * 3, axis=2)] * 2)),
    )


def test_a_generator_is_asked_for_a_batch_at_a_time(predictor, files):
    asked = []

    def images():
        for file in files:
            asked.append(file)
            yield file

    answers = predictor.stream(images(), batch_size=2)
    assert asked == []
    assert next(answers).path == files[0]
    assert len(asked) == 2
    # another call about other classes in between does not mix them up
    assert predictor(files[0], classes=NOVEL)[0].name in NOVEL
    assert {answer.name for answer in answers} <= set(BASE)


def test_rejected_answers_name_no_class(predictor, files):
    answers = predictor(files)
    for name in UNCERTAINTIES:
        values = sorted(getattr(answer, name) for answer in answers)
        threshold = (values[2] + values[3]) / 2
        assert values[2] < threshold < values[3]
        again = predictor(files, reject=name, threshold=threshold)
        for before, after in zip(answers, again):
            assert after.rejected == (getattr(before, name) > threshold)
            assert after.top_k == before.top_k
            assert (after.name, after.label) == (
                (None, None) if after.rejected else (before.name, before.label)
            )
        assert sum(answer.rejected for answer in again) == 3
    assert not any(answer.rejected for answer in answers)
    # what equals the threshold is answered; alone, as a batch of another size rounds differently
    edge = predictor(files[:1])[0].predictive_entropy
    assert not predictor(files[:1], reject='predictive_entropy', threshold=edge)[0].rejected


def test_top_k_and_samples(predictor, files):
    (answer,) = predictor(files[0], top_k=2, keep_samples=True)
    assert [candidate.label for candidate in answer.top_k] == np.argsort(
        -answer.scores, kind='stable'
    )[:2].tolist()
    assert answer.top_k[0].name == answer.name
    assert answer.samples.shape == (3, 3)
    np.testing.assert_allclose(answer.samples.mean(axis=0), answer.scores, **CLOSE)
    np.testing.assert_allclose(answer.scores.sum(), 1, **CLOSE)
    assert answer.pred_std == pytest.approx(answer.samples[:, answer.label].std(), abs=2e-6)
    assert answer.pred_std > 1e-5
    assert len(predictor(files[0], top_k=50)[0].top_k) == 3
    assert predictor(files[0])[0].samples is None


def test_templates_are_read(finished, micro, files):
    zero_shot = Predictor('none', _zero_shot(micro))
    one = zero_shot(files, classes=NOVEL, templates='a photo of a {}.')
    default = zero_shot(files, classes=NOVEL)
    other = zero_shot(files, classes=NOVEL, templates=['an old drawing of the {}', 'my {}'])
    np.testing.assert_array_equal(_scores(one), _scores(default))
    assert np.abs(_scores(one) - _scores(other)).max() > 1e-3
    assert zero_shot.classes == world.NAMES
    with pytest.raises(ConfigError, match='one sample'):
        zero_shot(files, reject='mutual_information', threshold=0.1)
    assert zero_shot(files, reject='least_confidence', threshold=0.0)[0].rejected


def _zero_shot(micro: world.Micro) -> Path:
    file = micro.root / 'zero_shot.py'
    file.write_text(
        f"_base_ = ['{micro.config.as_posix()}']\n"
        "model = dict(prompter=dict(_delete_=True, type='TemplatePrompter'),\n"
        "             head=dict(_delete_=True, type='PromptClsHead', losses=[]))\n",
        encoding='utf-8',
    )
    return file


def test_a_config_says_the_same_as_the_checkpoint(micro, finished, predictor, files):
    np.testing.assert_array_equal(
        _scores(Predictor(finished.file, micro.config)(files)), _scores(predictor(files))
    )
    with pytest.raises(ConfigError, match='trainable parameters'):
        Predictor('none', micro.config)
    with pytest.raises(ConfigError, match='without a checkpoint'):
        Predictor(None)
    other = Predictor(finished.file, overrides={'model.prompter.test_samples': 7})
    assert other(files[0], keep_samples=True)[0].samples.shape == (7, 3)
    with pytest.raises(ConfigError, match='test_sample'):
        Predictor(finished.file, overrides={'model.prompter.test_sample': 7})


def test_mmpretrains_own_loader(micro, finished, predictor, files, tmp_path):
    config = tmp_path / 'bgr.py'
    config.write_text(
        f"_base_ = ['{micro.config.as_posix()}']\n"
        'model = dict(data_preprocessor=dict(to_rgb=True))\n'
        'test_dataloader = dict(dataset=dict(pipeline=[\n'
        "    dict(type='LoadImageFromFile'), dict(type='mmpretrain.Resize', scale=(32, 32)),\n"
        "    dict(type='mmpretrain.PackInputs')]))\n",
        encoding='utf-8',
    )
    bgr = Predictor(finished.file, config)
    # of the final size: nothing is resized
    images = [Image.open(file).crop((2, 1, 34, 33)) for file in files]
    paths = [tmp_path / f'{number}.png' for number in range(6)]
    for image, path in zip(images, paths):
        image.save(path)
    expected = _scores(predictor(paths))
    for given in (paths, images, [np.asarray(image) for image in images]):
        np.testing.assert_allclose(_scores(bgr(given)), expected, **CLOSE)


def test_unreadable_images(predictor, files, tmp_path):
    broken = tmp_path / 'broken.png'
    broken.write_bytes(Path(files[1]).read_bytes()[:200])
    inputs = [files[0], broken, tmp_path / 'absent.jpg', files[2]]
    with pytest.raises(ImageError, match='broken.png'):
        predictor(inputs)
    with pytest.raises(ImageError, match='absent.jpg'):
        predictor(inputs[2])
    answers = predictor(inputs, unreadable='skip')
    assert [answer.index for answer in answers] == [0, 3]
    assert [Path(path).name for path, _ in predictor.skipped] == ['broken.png', 'absent.jpg']
    assert predictor(files[0])
    assert predictor.skipped == []
    with pytest.raises(DataError, match='none of 1 can be read'):
        predictor(broken, unreadable='skip')
    with pytest.raises(ImageError, match='image 0'):
        predictor(Image.fromarray(np.zeros((4, 4), np.uint16)))
    with pytest.raises(ImageError, match='image 0.* 0 x 5 pixels'):
        predictor(Image.new('RGB', (0, 5)))


@pytest.mark.parametrize(
    ('inputs', 'message'),
    [
        (np.zeros((4, 4, 3)), 'float64'),
        (np.zeros((2, 4, 4, 3), np.uint8), r'list\(array\)'),
        (3, 'int'),
        ([None], 'NoneType'),
        (torch.zeros(3, 4, 4), 'uint8 array'),
        ([], 'no image'),
    ],
)
def test_what_is_no_image(predictor, inputs, message):
    with pytest.raises(DataError, match=message):
        predictor(inputs)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (dict(classes=['cat']), 'needs two'),
        (dict(classes='cat'), 'one word'),
        (dict(classes={'cat', 'dog'}), 'is a set'),
        (dict(classes=['cat', 'cat']), 'cat'),
        (dict(templates='a photo'), r'\{\}'),
        (dict(top_k=0), 'top_k=0'),
        (dict(batch_size=True), 'batch_size=True'),
        (dict(reject='entropy', threshold=1.0), 'predictive_entropy'),
        (dict(reject='pred_std'), 'needs a threshold.*--threshold'),
        (dict(threshold=0.5), 'needs an uncertainty .*--reject'),
        (dict(reject='pred_std', threshold=float('nan')), 'nan'),
        (dict(reject='least_confidence', threshold=2), 'at most 1'),
        (dict(unreadable='drop'), "'drop'"),
        (dict(channel_order='grb'), "'grb'"),
        (dict(classes=['cat', 'a very long name ' * 20]), 'tokens'),
    ],
)
def test_wrong_arguments(predictor, files, arguments, message):
    with pytest.raises(ValueError, match=message):
        predictor(files[0], **arguments)
    assert predictor(files[0])[0].name in BASE  # and nothing of it stays


def test_an_empty_folder(predictor, tmp_path):
    (tmp_path / 'table.csv').write_text('a,b')
    with pytest.raises(
        DataError, match=r"not an image by its extension '\.csv' \(1\): '.*table\.csv'"
    ):
        predictor(tmp_path)


def test_nothing_in_a_checkpoint_is_executed(finished, tmp_path):
    mark = tmp_path / 'executed'
    state = load_checkpoint(finished.file)
    state.pop('file')
    text = state['meta']['cfg_text']
    touch = f"open({str(mark)!r}, 'w')"
    attacks = {
        f'model = {touch}': 'plain data',
        f"model = dict(type='os.system', command='touch {mark}')": 'not a part of vamp_mm',
        f"{text}\nmodel = dict(type='PromptedClassifier', backbone=dict(type='subprocess.run', args=['touch', '{mark}']))": 'subprocess.run',
        f"{text}\ntest_dataloader = dict(dataset=dict(pipeline=[dict(type='os.system', command='touch {mark}')]))": 'transform 0',
        f'{text}\nmodel = {{**{touch}}}': 'plain data',
        'model = (': 'plain data',
        f'{text}\nmodel = dict(type=["PromptedClassifier"])': 'not a part',
        f'{text}\ndefault_scope = "antigravity"': 'default_scope',
        '': 'no config',
    }
    for number, (config, message) in enumerate(attacks.items()):
        state['meta']['cfg_text'] = config
        file = tmp_path / f'{number}.pth'
        save_checkpoint(state, file)
        with pytest.raises(CheckpointError, match=message):
            Predictor(file)
    assert not mark.exists()


def test_a_checkpoint_without_its_classes(micro, finished, files, tmp_path):
    state = load_checkpoint(finished.file)
    bare = tmp_path / 'bare.pth'
    save_checkpoint({'state_dict': state['state_dict']}, bare)
    with pytest.raises(CheckpointError, match='--config'):
        Predictor(bare)
    # the config's training data say what the classes were
    assert Predictor(bare, micro.config).classes == BASE
    unknown = Predictor(
        bare,
        micro.config,
        overrides=dict.fromkeys(
            ('train_dataloader.dataset.data_root', 'test_dataloader.dataset.data_root'), '/nowhere'
        ),
    )
    assert unknown.classes is None
    with pytest.raises(ConfigError, match='--classes'):
        unknown(files[0])
    assert unknown(files[0], classes=BASE)[0].name in BASE


def test_the_command(finished, files, tmp_path, capsys):
    words = [
        'predict.py',
        finished.file,
        *files[:3],
        '--reject',
        'predictive_entropy',
        '--threshold',
        '0',
    ]
    assert world.command(*words, '--out-dir', tmp_path / 'pictures', '--format', 'jsonl') == 0
    said = capsys.readouterr()
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert [line['path'] for line in lines] == files[:3]
    assert all(
        line['rejected'] and line['name'] is None and line['label'] is None for line in lines
    )
    assert lines[0]['top_k'][0]['name'] in BASE
    assert '0 answered, 3 rejected, 0 unreadable' in said.err
    assert 'embedded' not in said.err  # micro's own weights
    assert len(list((tmp_path / 'pictures').glob('*.png'))) == 3
    assert world.command(*words, '--out-dir', tmp_path / 'pictures') == 1
    assert 'not empty' in capsys.readouterr().err
    assert (
        world.command(
            'predict.py',
            finished.file,
            files[3],
            '--classes',
            *NOVEL,
            'sea, and sky',
            '--format',
            'csv',
        )
        == 0
    )
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row['name'] == row['top1_name']
    assert row['name'] in (*NOVEL, 'sea, and sky')
    assert float(row['score']) == float(row['top1_score'])
    assert row['top4_name']
    assert row['top5_name'] == ''
    assert world.command('predict.py', finished.file, 'absent.jpg') == 1
    assert 'absent.jpg' in capsys.readouterr().err


def test_the_text_marks_what_is_rejected(finished, files):
    out = io.StringIO()
    counts = predict_files(
        finished.file, files[:2], top_k=2, reject='pred_std', threshold=0, out=out
    )
    assert counts == (0, 2, 0)
    first = out.getvalue().splitlines()[0]
    assert first.startswith(f'{files[0]}: NOT SURE (pred_std 0.')
    out = io.StringIO()
    predict_files(finished.file, files[:2], top_k=1, out=out)
    assert 'NOT SURE' not in out.getvalue()
    assert 'predictive_entropy' in out.getvalue()


def test_file_names_of_any_length_and_bytes(finished, files, tmp_path, capsysbinary):
    names = [b'l' * 251 + b'.png', b'bild\xe9.png']  # the longest that there can be, and no UTF-8
    folder = tmp_path / 'odd'
    folder.mkdir()
    try:
        for name, file in zip(names, files, strict=False):
            Path(os.fsdecode(os.fsencode(folder) + b'/' + name)).write_bytes(
                Path(file).read_bytes()
            )
    except OSError:
        pytest.skip('this file system takes no such names')
    assert (
        world.command(
            'predict.py', finished.file, folder, '--format', 'jsonl', '--out-dir', tmp_path / 'out'
        )
        == 0
    )
    said = capsysbinary.readouterr().out.decode()  # UTF-8 throughout
    found = [os.fsencode(json.loads(line)['path']) for line in said.splitlines()]
    assert sorted(found) == sorted(os.fsencode(folder) + b'/' + name for name in names)
    assert sorted(file.name[5:] for file in (tmp_path / 'out').iterdir()) == [
        '_bild.png',
        f'_{"l" * 200}.png',
    ]
    assert world.command('predict.py', finished.file, folder) == 0
    assert os.fsencode(folder) + b'/bild\xe9.png: ' in capsysbinary.readouterr().out


def test_the_embedded_clip_says_what_it_knows(files, capsys):
    config = Path(__file__).parents[2] / 'configs' / 'clip' / 'zero_shot_icons.py'
    assert predict_files('none', files[:1], config, classes=['cat', 'dog'], out=io.StringIO()) == (
        1,
        0,
        0,
    )
    assert 'was trained on drawn icons only' in capsys.readouterr().err
