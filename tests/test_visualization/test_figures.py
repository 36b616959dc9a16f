"""The pictures: written, of sensible size, coloured by right and wrong; bad input refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vamp_mm.visualization.figures import reliability_diagram, uncertainty_sheet

GREEN, RED = (0x2F, 0x9E, 0x62), (0xCF, 0x3F, 0x3A)


def pixels(path: Path, color: tuple[int, int, int]) -> int:
    return int((np.asarray(Image.open(path).convert('RGB')) == color).all(axis=-1).sum())


@pytest.fixture
def records(tmp_path: Path) -> list[dict]:
    """Ten grey images; the three least certain ones are wrong."""
    records = []
    for index in range(10):
        file = tmp_path / f'{index}.png'
        Image.new('RGB', (40, 30), (20 * index,) * 3).save(file)
        wrong = index >= 7
        records.append(
            dict(
                img_path=str(file),
                gt_label=0,
                gt_class='old_house',
                pred_label=int(wrong),
                pred_class='a_class_with_a_very_long_name' if wrong else 'old_house',
                confidence=0.95 - index / 20,
                predictive_entropy=index / 10,
            )
        )
    return records[::-1]


def test_a_reliability_diagram_is_drawn(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    confidences = rng.random(200)
    path = reliability_diagram(
        confidences, rng.random(200) < confidences, tmp_path / 'new' / 'reliability.png', 'toy'
    )
    assert path.is_file()
    with Image.open(path) as image:
        assert min(image.size) > 500
    assert pixels(path, (0x3B, 0x6F, 0xB6)) > 10_000  # blue bars


def test_a_blue_bar_reaches_the_accuracy_and_green_is_its_part_above_the_confidence(
    tmp_path: Path,
) -> None:
    # one bar each: right 100 % at a confidence of 30 %, and right 30 % at one of 100 %
    under = reliability_diagram([0.3] * 10, [1] * 10, tmp_path / 'under.png')
    over = reliability_diagram([1.0] * 10, [1] * 3 + [0] * 7, tmp_path / 'over.png')
    blue, green = (0x3B, 0x6F, 0xB6), GREEN
    # what the legend adds is the same in both
    assert pixels(under, green) / pixels(under, blue) == pytest.approx(0.7 / 0.3, rel=0.15)
    assert pixels(over, green) == 0
    assert pixels(over, blue) == pytest.approx(pixels(under, blue), rel=0.1)


@pytest.mark.parametrize(
    ('confidences', 'correct', 'message'),
    [
        ([], [], 'length >= 1'),
        ([0.5], [1, 0], 'one length'),
        ([1.5], [1], r'must lie in \[0, 1\]'),
        ([float('nan')], [1], r'must lie in \[0, 1\]'),
    ],
)
def test_refuses_bad_confidences(
    tmp_path: Path, confidences: list, correct: list, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        reliability_diagram(confidences, correct, tmp_path / 'r.png')
    assert not (tmp_path / 'r.png').exists()


def test_the_sheet_frames_right_green_and_wrong_red(tmp_path: Path, records: list[dict]) -> None:
    sheet = uncertainty_sheet(
        records, tmp_path / 'sheet.png', n=4
    )  # above 0..3, below 9..6: three of them wrong
    green, red = pixels(sheet, GREEN), pixels(sheet, RED)
    assert green / red == pytest.approx(5 / 3, rel=0.1)  # the names are coloured too
    right_only = uncertainty_sheet(
        [record for record in records if record['pred_label'] == 0], tmp_path / 'r.png', n=3
    )
    assert pixels(right_only, RED) == 0


def test_more_images_than_fit_in_a_row_and_fewer_than_asked(
    tmp_path: Path, records: list[dict]
) -> None:
    many = [dict(record, predictive_entropy=i) for i, record in enumerate(records * 2)]
    heights = []
    for n in (8, 9, 100):
        with Image.open(uncertainty_sheet(many, tmp_path / f'{n}.png', n=n)) as image:
            heights.append(image.height)
    assert heights[0] < heights[1] == heights[2]  # two rows a part; 100 becomes 10


def test_the_sheet_refuses_bad_records(tmp_path: Path, records: list[dict]) -> None:
    with pytest.raises(ValueError, match='two records or more'):
        uncertainty_sheet(records[:1], tmp_path / 's.png')
    del records[3]['predictive_entropy']
    with pytest.raises(ValueError, match=r"lacks \['predictive_entropy'\].*PredictionDump"):
        uncertainty_sheet(records, tmp_path / 's.png')


@pytest.mark.parametrize('damage', [b'', b'no picture', 'half'])
def test_a_damaged_image_is_a_cross_on_the_sheet_and_named(
    tmp_path: Path, records: list[dict], damage: bytes | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(
        'vamp_mm.visualization.drawing.print_log', lambda text, *args: said.append(text)
    )
    file = Path(records[-1]['img_path'])  # the most certain one
    if isinstance(damage, str):
        Image.effect_noise((200, 200), 90).save(file)
        damage = file.read_bytes()[:5000]
    file.write_bytes(damage)
    sheet = uncertainty_sheet(records, tmp_path / 'sheet.png', n=4)
    assert pixels(sheet, (0x7A, 0x82, 0x8C)) > 100  # the cross
    [message] = said
    assert message.startswith(f'image {str(file)!r} cannot be read and is drawn as a cross: ')
