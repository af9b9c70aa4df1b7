"""A folder that is replaced as a whole or not at all."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FolderInUseError(Exception):
    """Another process is writing the same folder."""


def partial_folder(target: Path) -> Path:
    """Where the new content of `target` is written."""
    return target.with_name(f".{target.name}.partial")


def earlier_folder(target: Path) -> Path:
    """Where the earlier content is for the moment between the two renames."""
    return target.with_name(f".{target.name}.earlier")


@contextmanager
def replaced_folder(target: Path) -> Iterator[Path]:
    """An empty folder to write into; it takes the place of `target` when the block ends well, else it is removed.

    What a killed process left is put right first: a half-written folder is removed, and a folder that was moved away and
    not yet replaced comes back. Raises FolderInUseError while another process is at it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial, earlier = partial_folder(target), earlier_folder(target)
    with _locked(partial):
        _put_right(target, earlier)
        try:
            yield partial
            _swap(partial, target, earlier)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(earlier, ignore_errors=True)


@contextmanager
def _locked(partial: Path) -> Iterator[None]:
    """`partial` as an empty folder of this process. The lock lies on the folder itself: a dead process holds none."""
    partial.mkdir(exist_ok=True)
    handle = os.open(partial, os.O_RDONLY)
    try:
        if not _is_mine(handle, partial):
            raise FolderInUseError(str(partial))
        for path in partial.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        yield
    finally:
        os.close(handle)


def _is_mine(handle: int, folder: Path) -> bool:
    """Takes the lock; False where another process has it, or has just renamed the folder away."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(handle), folder.stat())
    except (BlockingIOError, FileNotFoundError):
        return False


def _put_right(target: Path, earlier: Path) -> None:
    if not earlier.exists():
        return
    if target.exists():
        shutil.rmtree(earlier)
    else:
        earlier.rename(target)


def _swap(partial: Path, target: Path, earlier: Path) -> None:
    if not target.exists():
        partial.rename(target)
        return
    target.rename(earlier)
    try:
        partial.rename(target)
    except BaseException:
        earlier.rename(target)
        raise
