"""Unpacking into a folder beside the goal, and moving it there when all is done."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from vamp_mm.messages import some

from ..errors import DataError
from .reading import SUFFIXES, Member, explained, members
from .rows import Archive, Take

_CHUNK = 1 << 20


def locate(archive: Archive, folders: Sequence[Path]) -> Path | None:
    """The downloaded file.

    Args:
        archive: What is looked for.
        folders: Where it may lie.

    Returns:
        The file, None if it is in no folder.
    """
    return next(
        (
            folder / name
            for name in archive.names
            for folder in folders
            if (folder / name).is_file()
        ),
        None,
    )


def md5_of(file: Path, step: Callable[[int], None]) -> str:
    """MD5 sum of a file, as 32 hexadecimal digits.

    Args:
        file: The file.
        step: Told the bytes that were read so far.

    Returns:
        The sum.
    """
    digest = hashlib.md5(usedforsecurity=False)
    with file.open('rb') as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            step(stream.tell())
    return digest.hexdigest()


def unpack(
    archive: Archive,
    file: Path,
    target: Path,
    step: Callable[[int], None],
    class_of: Mapping[str, str] | None = None,
) -> int:
    """Write what is taken out of a downloaded file into a folder.

    Args:
        archive: The row of the file.
        file: The file.
        target: An own folder, not yet the dataset's.
        step: Told the bytes of the file that are done.
        class_of: For validation images of ImageNet: file name -> class folder.

    Returns:
        Number of files written.

    Raises:
        DataError: If the archive is damaged, unsafe, or lacks what is to be taken.
    """
    if not file.name.endswith(SUFFIXES):
        to = target / archive.takes[0].to
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, to)
        return 1
    written, taken = 0, set()
    with explained(file.name), file.open('rb') as stream:
        for member in _inside(archive, stream, file.name):
            step(stream.tell())
            for take in archive.takes:
                rest = _rest(member.parts, take)
                if rest is None:
                    continue
                if class_of is not None:
                    rest = (_class_of(rest[-1], class_of), rest[-1])
                _write(member, target.joinpath(*Path(take.to).parts, *rest), file.name)
                taken.add(take)
                written += 1
                break
    # of several sources for one place, one is enough (an archive that exists in two forms)
    lacking = {take.to for take in archive.takes} - {take.to for take in taken}
    if lacking:
        wanted = [take.source or 'any file' for take in archive.takes if take.to in lacking]
        raise DataError(
            f'{file} does not hold {some(wanted)}: is it the file from {archive.where}?'
        )
    return written


def place(done: Path, goal: Path, takes: Sequence[Take], overwrite: bool) -> list[str]:
    """Move what was unpacked into the dataset's folder, each part in one step.

    Args:
        done: The folder that was unpacked into, on the same disk.
        goal: The dataset's folder.
        takes: What was taken.
        overwrite: Replace what is already there.

    Returns:
        The parts that were placed, relative to ``goal``.

    Raises:
        DataError: If a part is already there and must not be replaced.
    """
    parts = _placed(done, takes)
    there = [str(goal / part) for part in parts if os.path.lexists(goal / part)]
    if there and not overwrite:
        raise DataError(
            f'already there, and nothing is replaced without --overwrite: {some(there)}'
        )
    for part in parts:
        (goal / part).parent.mkdir(parents=True, exist_ok=True)
        old = None
        if os.path.lexists(goal / part):
            old = Path(tempfile.mkdtemp(prefix='.replaced-', dir=goal)) / Path(part).name
            os.rename(goal / part, old)
        os.rename(done / part, goal / part)
        if old is not None:
            shutil.rmtree(old.parent)
    return parts


def _placed(done: Path, takes: Sequence[Take]) -> list[str]:
    parts: list[str] = []
    for take in takes:
        found = [take.to] if take.to else sorted(path.name for path in done.iterdir())
        parts += [part for part in found if part not in parts and os.path.lexists(done / part)]
    return parts


def _inside(archive: Archive, stream: IO[bytes], name: str) -> Iterator[Member]:
    """Members, those of archives inside the archive in place of it."""
    for member in members(stream, name):
        inner = member.parts[-1]
        if archive.inner == '*.tar' and inner.endswith('.tar'):
            for part in members(_opened(member, name), inner):
                yield part._replace(parts=(inner[: -len('.tar')], *part.parts))
        elif inner == archive.inner:
            yield from members(_opened(member, name), inner)
        else:
            yield member


def _opened(member: Member, name: str) -> IO[bytes]:
    file = None if member.link else member.open()
    if file is None:
        raise DataError(
            f'{name}: {"/".join(member.parts)} is a link or a device and not a file; nothing was unpacked'
        )
    return file


def _rest(parts: tuple[str, ...], take: Take) -> tuple[str, ...] | None:
    """The path below ``take.source``, None if it lies elsewhere."""
    if not take.source:
        return parts
    return parts[parts.index(take.source) + 1 :] if take.source in parts else None


def _class_of(name: str, classes: Mapping[str, str]) -> str:
    if name not in classes:
        raise DataError(
            f'the validation image {name!r} has no label; {len(classes):,} images have one'
        )
    return classes[name]


def _write(member: Member, path: Path, name: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _opened(member, name) as source, path.open('xb') as sink:
            shutil.copyfileobj(source, sink, _CHUNK)
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
        raise DataError(
            f'{name} holds {"/".join(member.parts)} twice, or under names that this file system cannot tell '
            f'apart ({error})'
        ) from error
