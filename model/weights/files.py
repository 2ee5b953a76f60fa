"""Find, verify, download and import files of weights. Nothing here imports PyTorch.

Downloads are kept in the user's cache directory. A file gets its final name only when it is complete and its
checksum is right. Until then it is a `.part` file, which the next try continues.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import platformdirs
import requests
from filelock import FileLock, Timeout

from ..assets import ASSETS
from ..errors import PROGRAM, UserError
from .sources import DOWNLOADS, WeightsFile, WeightsSource

CHUNK = 1 << 20
CONNECT_AND_READ_SECONDS = (10, 30)

Progress = Callable[[int, int], None]
"""Called again and again with the number of bytes done and the number of bytes in all."""


def cache_directory() -> Path:
    """Return the folder for downloaded weights; the environment variable ALEXNET_CACHE overrides it."""
    chosen = os.environ.get("ALEXNET_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("alexnet-explorer")


def path_of(file: WeightsFile) -> Path:
    return (cache_directory() if file.url else ASSETS) / file.file_name


def find(source: WeightsSource) -> tuple[WeightsFile, Path] | None:
    """Return the source's file on this machine, or None if it has to be downloaded first."""
    for file in source.files:
        if path_of(file).is_file():
            return file, path_of(file)
    return None


def has_checksum(path: Path, checksum: str, progress: Progress | None = None) -> bool:
    """Return whether the file's digest begins with that of the checksum, "algorithm:hexdigest"."""
    algorithm, expected = checksum.split(":")
    return digest(path, algorithm, progress).startswith(expected)


def digest(path: Path, algorithm: str, progress: Progress | None = None) -> str:
    """Return the hexadecimal digest of a file."""
    found, total, done = hashlib.new(algorithm), path.stat().st_size, 0
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            found.update(chunk)
            done += len(chunk)
            if progress:
                progress(done, total)
    return found.hexdigest()


def verify(source: WeightsSource, progress: Progress | None = None) -> Path:
    """Check the source's file on this machine against its checksum, and return its path.

    Raises:
        UserError: the file is not on this machine, or its checksum is wrong.
    """
    found = find(source)
    if found is None:
        raise UserError(_how_to_get(source))
    file, path = found
    if not has_checksum(path, file.checksum, progress):
        if file.url:
            again = f"{PROGRAM} weights download {source.name}"
        elif path.is_relative_to(ASSETS):
            again = "git checkout assets"
        else:
            name = source.name
            again = f"{PROGRAM} weights remove {name}, then {PROGRAM} weights import FILE --as {name}"
        raise UserError(f"{path} has the wrong checksum. Get the right file with: {again}")
    return path


def _how_to_get(source: WeightsSource) -> str:
    if not source.files:
        return f"The weights '{source.name}' are generated when they are needed: they have no file."
    if not source.is_download:
        return f"{path_of(source.files[0])} is missing. Restore it with: git checkout assets"
    return (
        f"The weights '{source.name}' are not on this machine yet. Download them in the sidebar, under "
        f"Weights, or with: {PROGRAM} weights download {source.name}"
    )


def require(source: WeightsSource) -> tuple[WeightsFile, Path]:
    """Return the source's file on this machine.

    Raises:
        UserError: the file is not on this machine; the message says how to get it.
    """
    found = find(source)
    if found is None:
        raise UserError(_how_to_get(source))
    return found


def download(source: WeightsSource, progress: Progress | None = None) -> Path:
    """Download the source's file unless it is on this machine already, and return its path.

    A file with a wrong checksum is replaced. A download that was cut off continues where it stopped. The
    final name never stands for half a file.

    Raises:
        UserError: no address answers, the connection is cut, the checksum is wrong, there is no room for
            the file, or it is already being downloaded.
    """
    if (found := find(source)) and has_checksum(found[1], found[0].checksum):
        return found[1]
    if not source.is_download:
        raise UserError(_how_to_get(source))
    unreachable = []
    for file in source.files:
        try:
            return _download(file, progress)
        except _UnreachableError as error:
            unreachable.append(str(error))
    raise UserError(
        f"The weights '{source.name}' could not be downloaded: {'; '.join(unreachable)}. Check the internet "
        "connection, or fetch the file on another computer and run: "
        f"{PROGRAM} weights import FILE --as {source.name}"
    )


class _UnreachableError(Exception):
    """Raised when an address does not send the file; the next address is tried then."""


@contextlib.contextmanager
def _only_one(target: Path):
    """Lock a download while the block runs, so that two sessions never write the same `.part` file."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{target}.lock", timeout=0):
            yield
    except Timeout:
        raise UserError(f"{target.name} is already being downloaded. Wait for it to finish.") from None
    except OSError as error:
        raise UserError(
            f"{target.name} cannot be stored in {target.parent}: {error.strerror}. Free some space there, or "
            "choose another folder with the environment variable ALEXNET_CACHE."
        ) from error


def _download(file: WeightsFile, progress: Progress | None) -> Path:
    target = path_of(file)
    part = target.with_name(f"{target.name}.part")
    with _only_one(target):
        _fetch(file, part, progress)
        if not has_checksum(part, file.checksum):
            part.unlink()
            raise _UnreachableError(f"{_host(file)} sent a file with a wrong checksum, which was deleted")
        part.replace(target)
    return target


def _fetch(file: WeightsFile, part: Path, progress: Progress | None) -> None:
    """Download what is missing in `part`, and append it."""
    done = part.stat().st_size if part.exists() else 0
    # Without compression: a range counts the bytes of the file, not those of a compressed answer.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
    answered = False
    try:
        with requests.get(
            file.url, headers=headers, stream=True, timeout=CONNECT_AND_READ_SECONDS
        ) as response:
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                return  # nothing is missing; the checksum will tell whether the file is right
            response.raise_for_status()
            if response.status_code != requests.codes.partial_content:
                # The server sends either the whole file again or something else, such as a login page.
                # If it is something else, keep the part that has been downloaded.
                if done and int(response.headers.get("Content-Length", file.size)) != file.size:
                    raise _UnreachableError(f"{_host(file)} sent another file")
                done = 0
            answered = True
            total = done + int(response.headers.get("Content-Length", file.size - done))
            with part.open("ab" if done else "wb") as stream:
                for chunk in response.iter_content(CHUNK):
                    stream.write(chunk)
                    done += len(chunk)
                    if progress:
                        progress(done, total)
    except requests.exceptions.RequestException as error:
        if answered:
            raise UserError(
                f"The connection was cut after {done / 1e6:.0f} of {file.size / 1e6:.0f} MB. "
                "Start the download again: it continues from there."
            ) from error
        raise _UnreachableError(f"{_host(file)} {_reason(error)}") from error


def _host(file: WeightsFile) -> str:
    return file.url.split("/")[2]


def _reason(error: requests.exceptions.RequestException) -> str:
    if error.response is not None:
        return f"answered {error.response.status_code}"
    return "does not answer"


def import_file(path: str | Path, source: WeightsSource) -> Path:
    """Check a file that was fetched by other means, copy it to the downloads, and return its new path.

    Raises:
        UserError: the source needs no file, the file cannot be read, or its checksum is not one of the
            source's.
    """
    path = Path(path)
    if not source.is_download:
        raise UserError(f"The weights '{source.name}' need no file. Choose one of: {', '.join(DOWNLOADS)}.")
    if not path.is_file():
        raise UserError(f"{path} is not a file. Check the path.")
    for file in source.files:
        try:
            is_right = has_checksum(path, file.checksum)
        except OSError as error:
            raise UserError(f"{path} cannot be read: {error.strerror}. Check its permissions.") from error
        if is_right:
            target = path_of(file)
            with _only_one(target):
                part = target.with_name(f"{target.name}.part")
                shutil.copyfile(path, part)
                part.replace(target)
            return target
    expected = " or ".join(f"{file.file_name} ({file.checksum})" for file in source.files)
    raise UserError(f"The checksum of {path.name} is not that of the published file, {expected}.")
