# SPDX-License-Identifier: GPL-2.0-or-later
"""A bundle is made again elsewhere, byte for byte, or it is refused."""

import base64
import hashlib
import json
import lzma
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reviewtool.cli.main import main
from reviewtool.errors import InputError
from reviewtool.report.bundle import read, unpack

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def bundle(warm_module: Path) -> Path:
    path = warm_module.with_name("v3.bundle")
    words = ["bundle", "v3", "--against", "rfc", "--study", "embedded", "--quiet"]
    assert main([*words, "-o", str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """reviewtool at another place, as pip puts it there: no checkout is needed."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    alone = ["--no-deps", "--no-index", "--no-build-isolation", "--target", str(folder)]
    subprocess.run([*pip, *alone, str(ROOT)], check=True, capture_output=True)
    return folder


def test_it_is_made_again_elsewhere_with_no_network(
    bundle: Path, installed: Path, tmp_path: Path
) -> None:
    """An empty home, another place, locale, time zone, order of hashing and umask."""
    home = tmp_path / "home"
    home.mkdir()
    offline = ["unshare", "--user", "--map-root-user", "--net"]
    if subprocess.run([*offline, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no network namespace can be made here: unshare is refused")
    code = (
        "import sys; from reviewtool.cli.main import main; import reviewtool;"
        f"assert reviewtool.__file__.startswith({str(installed)!r}); sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "bundle", "--replay", str(bundle), "--json", "--quiet"]
    done = subprocess.run(
        [*offline, *command],
        cwd=home,
        env={
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(installed),
            "PYTHONHASHSEED": "4711",
            "LANG": "C",
            "LC_ALL": "C",
            "TZ": "Pacific/Chatham",
        },
        umask=0o077,
        capture_output=True,
        text=True,
        check=False,
    )
    # Not even the digests of the models are others.
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert document["differing"] == []
    assert {"matrix", "range-diff rfc..v2-2026", "report v3 against rfc"} <= {*document["results"]}


def test_the_same_results_are_the_same_bytes(bundle: Path) -> None:
    other = bundle.with_name("again.bundle")
    words = ["bundle", "v3", "--against", "rfc", "--study", "embedded", "--quiet"]
    assert main([*words, "-o", str(other)]) == 0
    assert other.read_bytes() == bundle.read_bytes()


def test_one_bit_changed_anywhere_is_refused(bundle: Path) -> None:
    content = bundle.read_bytes()
    chance = random.Random(3)
    places = [*range(90), *(chance.randrange(len(content)) for _ in range(300))]
    for place in places:
        changed = bytearray(content)
        changed[place] ^= 1 << chance.randrange(8)
        with pytest.raises(InputError):
            read(bytes(changed), "x")
    for damaged in (content[:-1], content + b"\0", b"", content[1:]):
        with pytest.raises(InputError):
            read(damaged, "x")


def forged(bundle: Path, old: str, new: str, **files: bytes) -> bytes:
    """A bundle with a study of somebody's own, digests and all."""
    content = bundle.read_bytes().partition(b"\n")[2]
    payload = json.loads(lzma.decompress(content))
    key = payload["manifest"]["files"]["study.toml"]
    text = base64.b64decode(payload["objects"].pop(key)).decode().replace(old, new)
    for name, raw in {"study.toml": text.encode(), **files}.items():
        digest = hashlib.sha256(raw).hexdigest()
        payload["manifest"]["files"][name] = digest
        payload["objects"][digest] = base64.b64encode(raw).decode()
    packed = lzma.compress(json.dumps(payload).encode())
    head = f"reviewtool bundle 1 {hashlib.sha256(packed).hexdigest()}\n"
    return head.encode() + packed


@pytest.mark.parametrize(
    ("old", "new", "files"),
    [
        ("refmodel.revisions.rfc_missing", "./evil.py", {"evil.py": b"raise SystemExit(9)"}),
        ("refmodel.revisions.rfc_missing", "os.path", {}),
        ('mail = ["mail/', 'mail = ["/etc/passwd", "mail/', {}),
        ("", "", {"../outside": b"x"}),
    ],
)
def test_a_forged_bundle_neither_runs_code_nor_reaches_outside(
    bundle: Path, tmp_path: Path, old: str, new: str, files: dict[str, bytes]
) -> None:
    made = read(forged(bundle, old, new, **files), "x")
    with pytest.raises(InputError, match="do not trust"):
        unpack(made.files, tmp_path / "inside")
    assert not (tmp_path / "outside").exists()


def test_a_result_that_comes_out_otherwise_is_told(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = bundle.read_bytes().partition(b"\n")[2]
    payload = json.loads(lzma.decompress(content))
    key = payload["manifest"]["results"]["matrix"]
    raw = base64.b64decode(payload["objects"][key]).replace(b"get_folio_noalloc", b"get_folio_x")
    digest = hashlib.sha256(raw).hexdigest()
    payload["manifest"]["results"]["matrix"] = digest
    payload["objects"][digest] = base64.b64encode(raw).decode()
    packed = lzma.compress(json.dumps(payload).encode())
    path = tmp_path / "other.bundle"
    head = f"reviewtool bundle 1 {hashlib.sha256(packed).hexdigest()}\n"
    path.write_bytes(head.encode() + packed)
    assert main(["bundle", "--replay", str(path), "--quiet"]) == 1
    printed = capsys.readouterr().out
    assert any("matrix" in line and "DIFFERS" in line for line in printed.splitlines())
    shutil.rmtree(tmp_path)
