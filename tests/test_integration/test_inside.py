"""The tools that look inside, on a run that was trained: commands from end to end."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import micro as world
import pytest
from micro_runs import Finished

BASE = world.NAMES[:3]


def _rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline='', encoding='utf-8') as file:
        return list(csv.DictReader(file))


def test_posterior_spread(
    micro: world.Micro, finished: Finished, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    tool = 'analysis_tools/posterior_spread.py'
    assert world.command(tool, micro.config, finished.file, '--out', tmp_path) == 0
    rows = _rows(tmp_path / 'posterior_spread_base.csv')
    assert {(row['class'], row['block']) for row in rows} == {
        (name, block) for name in BASE for block in ('block 1', 'block 2')
    }
    assert all(
        0 < float(row['std']) < 1 and float(row['kl']) >= 0 and row['images'] == '4' for row in rows
    )
    assert 'all images' in capsys.readouterr().out
    assert (
        world.command(tool, micro.config, finished.file, '--out', tmp_path, '--split', 'novel') == 0
    )
    # no prototypes of novel classes
    assert {row['kl'] for row in _rows(tmp_path / 'posterior_spread_novel.csv')} == {''}
    assert 'not trained on a class' in capsys.readouterr().out
    assert world.command(tool, micro.config, finished.file, '--split', 'bsae') == 1
    assert "did you mean 'base'?" in capsys.readouterr().err


def test_latent_map_and_uncertain_images_agree(
    micro: world.Micro, finished: Finished, tmp_path: Path
) -> None:
    for tool in ('latent_map', 'uncertain_images'):
        assert (
            world.command(
                f'analysis_tools/{tool}.py', micro.config, finished.file, '--out', tmp_path
            )
            == 0
        )
    points, images = (
        _rows(tmp_path / 'latent_map_base_pca.csv'),
        _rows(tmp_path / 'uncertain_base.csv'),
    )
    assert len(points) == len(images) == 12
    entropy = {row['img_path']: float(row['predictive_entropy']) for row in points}
    assert [entropy[row['img_path']] for row in images] == sorted(entropy.values(), reverse=True)
    right = sum(row['gt_class'] == row['pred_class'] for row in points)
    assert 100 * right / 12 == pytest.approx(finished.metrics['base/accuracy'], abs=1e-4)
    assert sum(float(row['x']) for row in points) == pytest.approx(0, abs=1e-9)
    for name in ('latent_map_base_pca.png', 'uncertain_base.png'):
        assert (tmp_path / name).stat().st_size > 10_000


def test_one_block_and_fewer_images(
    micro: world.Micro, finished: Finished, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    tool = 'analysis_tools/latent_map.py'
    assert (
        world.command(
            tool, micro.config, finished.file, '--out', tmp_path, '--block', 2, '--max-images', 5
        )
        == 0
    )
    assert len(_rows(tmp_path / 'latent_map_base_pca_block2.csv')) == 5
    assert '5 of 12 images, block 2' in capsys.readouterr().out
    assert world.command(tool, micro.config, finished.file, '--block', 'words') == 1
    assert 'has no latents; allowed: 1, 2' in capsys.readouterr().err


def test_methods_without_answer_say_so(
    micro: world.Micro, finished: Finished, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert world.command('analysis_tools/nearest_words.py', micro.config, finished.file) == 1
    assert 'methods that do: CoOp' in capsys.readouterr().err
    config = tmp_path / 'zero.py'
    config.write_text(
        f"_base_ = ['{micro.config.as_posix()}']\nmodel = dict(\n    prompter=dict(_delete_=True, "
        "type='TemplatePrompter'), head=dict(_delete_=True, type='PromptClsHead', losses=[]))\n"
    )
    for tool, words in (
        ('posterior_spread', 'draws no prompts from a posterior'),
        ('latent_map', 'draws no prompts for an image'),
        ('nearest_words', 'TemplatePrompter learns no tokens'),
    ):
        assert world.command(f'analysis_tools/{tool}.py', config, 'none') == 1
        assert words in capsys.readouterr().err
    assert (
        world.command(
            'analysis_tools/uncertain_images.py',
            config,
            'none',
            '--by',
            'pred_std',
            '--out',
            tmp_path,
        )
        == 1
    )
    assert 'draws one sample per image' in capsys.readouterr().err
    assert (
        world.command(
            'analysis_tools/uncertain_images.py', config, 'none', '--out', tmp_path, '--number', 3
        )
        == 0
    )


def test_ablation_of_a_run(
    finished: Finished, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    other = json.loads(json.dumps(finished.result))
    other['run']['overrides'] = {'model.prompter.prior': 'standard'}
    other['metrics']['base/accuracy'] += 1
    for name, content in (('a', finished.result), ('b', other)):
        (tmp_path / name).mkdir()
        (tmp_path / name / 'result.json').write_text(json.dumps(content))
    assert world.command('analysis_tools/ablation_table.py', tmp_path) == 0
    assert '+1.00' in capsys.readouterr().out
