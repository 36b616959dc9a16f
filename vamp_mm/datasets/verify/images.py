"""Look into every image: can it be read, is it RGB, is it there twice?"""

from __future__ import annotations

import hashlib
import io
import os
import os.path as osp
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from PIL import Image

from ..image_files import require_regular
from ..transforms import rgb
from .findings import ERROR, NOTE, WARNING, Finding

_ORIENTATION = 0x0112  # EXIF tag


class ImageFacts(NamedTuple):
    """What one file holds.

    Args:
        path: The file.
        fault: Why it cannot be read, None if it can.
        mode: Colour mode in the file, such as RGB or L.
        rotated: Whether its EXIF data ask for a rotation.
        digest: Hash of its bytes.
    """

    path: str
    fault: str | None
    mode: str
    rotated: bool
    digest: bytes


def look_at(path: str) -> ImageFacts:
    """Read and decode one image, as a dataset would.

    Args:
        path: The file.

    Returns:
        The facts; nothing is raised for a bad file.
    """
    content, mode, rotated = b'', '', False
    try:
        require_regular(path)
        with open(path, 'rb') as file:
            content = file.read()
        with Image.open(io.BytesIO(content)) as image:
            mode = image.mode
            rotated = image.getexif().get(_ORIENTATION, 1) not in (0, 1)
            rgb(image)
    except MemoryError:
        raise
    except Exception as error:  # whatever Pillow raises on a damaged file
        empty = not content and os.path.isfile(path) and not os.path.getsize(path)
        fault = 'the file is empty' if empty else str(error).replace(repr(path), 'the file')
        return ImageFacts(
            path, fault, mode, rotated, hashlib.blake2b(content, digest_size=16).digest()
        )
    return ImageFacts(path, None, mode, rotated, hashlib.blake2b(content, digest_size=16).digest())


def check_images(
    facts: Iterable[ImageFacts],
    files: Mapping[str, str],
    labels: Mapping[str, str],
    image_root: str,
) -> list[Finding]:
    """Draw conclusions from the facts about all images.

    Args:
        facts: From :func:`look_at`.
        files: Path -> list (train, val, test) of every image.
        labels: Path -> class name.
        image_root: Folder of the images, for shorter messages.

    Returns:
        What was found.
    """
    facts = list(facts)
    short = {fact.path: osp.relpath(fact.path, image_root) for fact in facts}
    findings = []
    bad = tuple(
        f'{short[fact.path]} ({files[fact.path]}): {fact.fault}' for fact in facts if fact.fault
    )
    if bad:
        findings.append(
            Finding(
                ERROR,
                f'{len(bad):,} of {len(facts):,} images cannot be read',
                "unpack or download them again, or set unreadable='skip' in the dataset to leave them out",
                bad,
            )
        )
    modes = Counter(fact.mode for fact in facts if not fact.fault and fact.mode != 'RGB')
    if modes:
        what = ', '.join(f'{count:,} {mode}' for mode, count in modes.most_common())
        findings.append(
            Finding(
                NOTE,
                f'{sum(modes.values()):,} images are not RGB ({what}): '
                'they are converted when read, as in the benchmark protocol',
                '',
                tuple(
                    f'{short[fact.path]}: {fact.mode}'
                    for fact in facts
                    if not fact.fault and fact.mode != 'RGB'
                ),
            )
        )
    rotated = tuple(short[fact.path] for fact in facts if fact.rotated)
    if rotated:
        findings.append(
            Finding(
                NOTE,
                f'{len(rotated):,} images ask for a rotation (EXIF), which is ignored, as in the benchmark protocol',
                'rotate the files themselves if they look wrong on the sheet of browse_dataset.py',
                rotated,
            )
        )
    return findings + _copies(facts, files, labels, short)


def _copies(
    facts: list[ImageFacts],
    files: Mapping[str, str],
    labels: Mapping[str, str],
    short: Mapping[str, str],
) -> list[Finding]:
    groups: dict[bytes, list[str]] = defaultdict(list)
    for fact in facts:
        if not fact.fault:
            groups[fact.digest].append(fact.path)
    leaks, clashes, copies = [], [], []
    for paths in groups.values():
        if len(paths) < 2:
            continue
        text = ' = '.join(f'{short[path]} ({files[path]}, {labels[path]})' for path in paths)
        parts = {files[path] for path in paths}
        if len({labels[path] for path in paths}) > 1:
            clashes.append(text)
        elif 'test' in parts and len(parts) > 1:
            leaks.append(text)
        else:
            copies.append(text)
    return [
        finding
        for finding in (
            Finding(
                WARNING,
                f'{len(leaks)} images of test are in train or val too, byte for byte',
                'own data: take one of them out. Benchmark: the published lists have them, leave them',
                tuple(leaks),
            ),
            Finding(
                WARNING,
                f'{len(clashes)} images stand for two classes, byte for byte',
                'own data: decide for one class. Benchmark: the published lists have them, leave them',
                tuple(clashes),
            ),
            Finding(
                NOTE,
                f'{len(copies)} images are there more than once, byte for byte, in the same class',
                '',
                tuple(copies),
            ),
        )
        if finding.examples
    ]
