"""Downloads of weights that go wrong in every way, imports, and checksums."""

from __future__ import annotations

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.errors import UserError
from model.weights import files
from model.weights.files import cache_directory, download, find, has_checksum, import_file, require, verify
from model.weights.load import default_source
from model.weights.sources import WEIGHTS, WeightsFile, WeightsSource

from ..patience import patience
from .weights_server import WeightsServer, nobody_there

# A little more than three chunks, so that progress is reported more than once.
CONTENT = np.random.default_rng(0).bytes(3 * files.CHUNK + 12345)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def server():
    with WeightsServer(CONTENT) as server:
        yield server


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def at(*urls: str, content: bytes = CONTENT) -> WeightsSource:
    """Return a source of weights with the same content at every address."""
    stored = tuple(
        WeightsFile(f"file{number}.onnx", sha256(content), len(content), f"{url}/file")
        for number, url in enumerate(urls)
    )
    return replace(WEIGHTS["bvlc"], files=stored)


def stored_names(cache: Path) -> set[str]:
    return {path.name for path in cache.iterdir() if path.suffix != ".lock"}


def test_a_download_is_complete_and_is_found_afterwards(server, cache):
    source = at(server.url)
    assert find(source) is None
    path = download(source)
    assert path == cache / "file0.onnx"
    assert path.read_bytes() == CONTENT
    assert stored_names(cache) == {"file0.onnx"}
    assert require(source) == (source.files[0], path)
    assert download(source) == path
    assert len(server.ranges) == 1, "what is here already is not fetched again"


def test_progress_grows_and_ends_at_the_total(server):
    seen: list[tuple[int, int]] = []
    download(at(server.url), lambda done, total: seen.append((done, total)))
    done = [done for done, _ in seen]
    assert done == sorted(set(done))
    assert len(done) > 1
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert {total for _, total in seen} == {len(CONTENT)}


def test_after_a_cut_connection_the_next_try_requests_only_the_rest(server, cache):
    source = at(server.url)
    server.cut_after = 2 * files.CHUNK + 99
    with pytest.raises(UserError, match=r"connection was cut after 2 of 3 MB.*continues from there"):
        download(source)
    assert stored_names(cache) == {"file0.onnx.part"}
    assert find(source) is None
    had = (cache / "file0.onnx.part").stat().st_size
    assert 0 < had <= 2 * files.CHUNK + 99
    seen: list[tuple[int, int]] = []
    path = download(source, lambda done, total: seen.append((done, total)))
    assert server.ranges == ["", f"bytes={had}-"]
    assert path.read_bytes() == CONTENT
    assert seen[0][0] > had, "progress goes on from where it was"
    assert seen[-1] == (len(CONTENT), len(CONTENT))


def test_a_server_that_stops_sending_counts_as_a_cut_connection(server, cache, monkeypatch):
    monkeypatch.setattr(files, "CONNECT_AND_READ_SECONDS", (5, 0.3))
    server.stall_after = 2 * files.CHUNK
    with pytest.raises(UserError, match=r"connection was cut"):
        download(at(server.url, nobody_there()))
    server.go_on.set()
    assert download(at(server.url)).read_bytes() == CONTENT
    assert server.ranges[1].startswith("bytes=")


def test_a_server_without_range_requests_sends_everything_again(server, cache):
    server.cut_after = 2 * files.CHUNK
    with pytest.raises(UserError, match=r"connection was cut"):
        download(at(server.url))
    server.supports_range = False
    assert download(at(server.url)).read_bytes() == CONTENT


def test_a_damaged_file_is_replaced_by_a_download(server, cache):
    path = download(at(server.url))
    path.write_bytes(b"damaged" + CONTENT[7:])
    with pytest.raises(UserError, match=r"has the wrong checksum\. Get the right file with"):
        files.verify(at(server.url))
    assert download(at(server.url)).read_bytes() == CONTENT


def test_a_part_that_is_already_whole_needs_nothing_more(server, cache):
    cache.mkdir()
    (cache / "file0.onnx.part").write_bytes(CONTENT)
    assert download(at(server.url)).read_bytes() == CONTENT
    assert server.ranges == [f"bytes={len(CONTENT)}-"]


def test_a_file_with_a_wrong_checksum_is_deleted(server, cache):
    with pytest.raises(UserError, match=r"sent a file with a wrong checksum, which was deleted"):
        download(at(server.url, content=b"something else"))
    assert stored_names(cache) == set()


def test_if_the_first_address_sends_another_file_the_second_is_tried(server):
    with WeightsServer(b"Please log in") as portal:
        assert download(at(portal.url, server.url)).read_bytes() == CONTENT


def test_a_login_page_does_not_replace_the_downloaded_part(server, cache):
    server.cut_after = 2 * files.CHUNK
    with pytest.raises(UserError, match=r"connection was cut"):
        download(at(server.url))
    with WeightsServer(b"Please log in") as portal:
        portal.supports_range = False
        with pytest.raises(UserError, match=r"sent another file"):
            download(at(portal.url))
    assert download(at(server.url)).read_bytes() == CONTENT
    assert server.ranges[-1].startswith("bytes=")


def test_if_the_first_address_does_not_answer_the_second_is_tried(server):
    path = download(at(nobody_there(), server.url))
    assert path.name == "file1.onnx"
    assert path.read_bytes() == CONTENT


def test_if_the_first_address_answers_with_an_error_the_second_is_tried(server):
    with WeightsServer(CONTENT) as gone:
        gone.status = 404
        assert download(at(gone.url, server.url)).name == "file1.onnx"


def test_if_the_first_server_accepts_but_never_answers_the_second_is_tried(server, monkeypatch):
    monkeypatch.setattr(files, "CONNECT_AND_READ_SECONDS", (5, 0.3))
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert download(at(url, server.url)).name == "file1.onnx"


def test_if_no_address_answers_the_error_names_both_and_says_what_to_do(cache):
    first, second = nobody_there(), nobody_there()
    with pytest.raises(UserError) as caught:
        download(at(first, second))
    message = str(caught.value)
    assert "\n" not in message
    assert first.removeprefix("http://") in message
    assert second.removeprefix("http://") in message
    assert "python -m model weights import FILE --as bvlc" in message
    assert stored_names(cache) == set()


def test_a_second_download_of_the_same_file_is_refused_while_the_first_runs(server):
    server.go_on.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(download, at(server.url))
        assert server.sending.wait(patience())
        with pytest.raises(UserError, match=r"file0\.onnx is already being downloaded"):
            download(at(server.url))
        server.go_on.set()
        assert first.result(patience()).read_bytes() == CONTENT


def test_a_cache_that_cannot_be_written_is_named(server, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no directory")
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path / "file"))
    with pytest.raises(UserError, match=r"cannot be stored in .*file.*ALEXNET_CACHE"):
        download(at(server.url))


def test_the_environment_variable_moves_the_cache(cache, monkeypatch):
    assert cache_directory() == cache
    monkeypatch.delenv("ALEXNET_CACHE")
    assert cache_directory() != cache


def test_import_takes_the_right_file_whatever_its_name_is(cache, tmp_path):
    source = at("http://example.invalid", "http://example.invalid")
    other = replace(source.files[1], checksum=f"sha1:{hashlib.sha1(b'caffe').hexdigest()}")
    source = replace(source, files=(source.files[0], other))
    (tmp_path / "from a stick.bin").write_bytes(b"caffe")
    path = import_file(tmp_path / "from a stick.bin", source)
    assert path == cache / "file1.onnx"
    assert path.read_bytes() == b"caffe"
    assert verify(source) == path
    assert stored_names(cache) == {"file1.onnx"}


def test_import_refuses_a_file_with_another_checksum_and_one_that_is_not_there(cache, tmp_path):
    source = at("http://example.invalid")
    (tmp_path / "wrong.bin").write_bytes(b"wrong")
    with pytest.raises(UserError, match=r"checksum of wrong\.bin is not.*file0\.onnx"):
        import_file(tmp_path / "wrong.bin", source)
    with pytest.raises(UserError, match=r"missing\.bin is not a file"):
        import_file(tmp_path / "missing.bin", source)
    with pytest.raises(UserError, match=r"need no file"):
        import_file(tmp_path / "wrong.bin", WEIGHTS["random"])
    assert find(source) is None


def test_verify_notices_one_flipped_bit(server):
    source = at(server.url)
    path = download(source)
    assert verify(source) == path
    damaged = bytearray(CONTENT)
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(UserError, match=r"file0\.onnx has the wrong checksum.*weights download bvlc"):
        verify(source)


def test_verify_and_require_say_how_to_get_missing_weights():
    for check in (verify, require):
        with pytest.raises(UserError, match=r"python -m model weights download torchvision"):
            check(WEIGHTS["torchvision"])
        with pytest.raises(UserError, match=r"generated when they are needed"):
            check(WEIGHTS["random"])


def test_a_checksum_may_be_a_prefix_and_of_any_algorithm(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    # The digests of "abc" are published in FIPS 180.
    assert has_checksum(tmp_path / "abc", "sha256:ba7816bf")
    assert has_checksum(tmp_path / "abc", "sha1:a9993e364706816aba3e25717850c26c9cd0d89d")
    assert not has_checksum(tmp_path / "abc", "sha256:7816bf")


@pytest.mark.parametrize(("name", "most"), [("embedded", 25_000_000), ("cifar10", 12_000_000)])
def test_a_built_in_file_has_the_checksum_in_its_source(name, most):
    source = WEIGHTS[name]
    path = verify(source)
    assert path.stat().st_size == source.files[0].size <= most


def test_for_weights_without_a_file_those_with_a_file_are_listed(tmp_path):
    downloads = [source.name for source in WEIGHTS.values() if source.is_download]
    for name in ("random", "embedded", "cifar10"):
        with pytest.raises(UserError) as refused:
            import_file(tmp_path / "any.bin", WEIGHTS[name])
        assert str(refused.value) == (
            f"The weights '{name}' need no file. Choose one of: {', '.join(downloads)}."
        )


def test_chance_is_stated_for_every_number_of_classes():
    """Random weights also fit alexnet-cifar10, which has ten classes."""
    assert not re.search(r"thousand|\d", WEIGHTS["random"].accuracy)


def test_the_first_source_on_this_machine_is_the_default(cache):
    assert default_source("alexnet-2012") is WEIGHTS["embedded"]
    assert default_source("alexnet-torchvision") is WEIGHTS["random"]
    cache.mkdir(exist_ok=True)
    (cache / WEIGHTS["torchvision"].files[0].file_name).touch()
    assert default_source("alexnet-torchvision") is WEIGHTS["torchvision"]
    with pytest.raises(UserError, match=r"There is no architecture 'foo'\. Choose one of: alexnet-2012"):
        default_source("foo")
