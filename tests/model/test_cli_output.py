"""If a command cannot write its output file, it says so before the work."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from model.cli.output import check_output_path, whole_file
from model.errors import UserError

NOT_A_DISK = Path("/proc")  # nobody, not even root, can create a file there


@pytest.fixture
def read_only(tmp_path):
    folder = tmp_path / "read-only"
    folder.mkdir(mode=0o555)
    yield folder
    folder.chmod(0o755)


@pytest.mark.skipif(not NOT_A_DISK.is_dir(), reason="there is no /proc here")
@pytest.mark.parametrize("line", ["capture {} --out {}/x.npz", "explain {} --method saliency --out {}/x.png"])
def test_the_work_does_not_start_if_its_result_cannot_be_written(run, tmp_path, line):
    """The photo is missing, too, but that would be the next error."""
    done = run(*line.format(tmp_path / "missing.png", NOT_A_DISK).split())
    assert (done.status, done.out) == (2, "")
    [message] = done.error_lines
    assert message.startswith(f"{NOT_A_DISK}/x.")
    assert "cannot be written: " in message
    assert message.endswith("Choose another place.")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(read_only):
    with pytest.raises(UserError, match="cannot be written: Permission denied"):
        check_output_path(read_only / "x.png", [".png"])


def test_a_folder_in_which_nobody_can_write(tmp_path, monkeypatch):
    """This also tests root, who may write into a read-only folder."""

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(UserError, match=r"x\.png cannot be written: Permission denied\. Choose another"):
        check_output_path(tmp_path / "x.png", [".png"])


def test_checking_leaves_no_file_behind_and_does_not_change_an_old_one(tmp_path):
    check_output_path(tmp_path / "new.png", [".png"])
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "old.png").write_bytes(b"old")
    check_output_path(tmp_path / "old.png", [".png"])
    assert [path.name for path in tmp_path.iterdir()] == ["old.png"]
    assert (tmp_path / "old.png").read_bytes() == b"old"


def test_a_file_gets_its_name_when_it_is_complete(tmp_path):
    out = tmp_path / "x.bin"
    with whole_file(out) as stream:
        stream.write(b"half")
        stream.flush()
        assert not out.exists()
    assert out.read_bytes() == b"half"
    with pytest.raises(ZeroDivisionError), whole_file(out) as stream:
        stream.write(b"other")
        raise ZeroDivisionError
    assert out.read_bytes() == b"half"
    assert list(tmp_path.iterdir()) == [out]
