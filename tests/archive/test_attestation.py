# SPDX-License-Identifier: GPL-2.0-or-later
"""Developers' signatures: verified by b4 with the keys at hand, else said to be unchecked."""

import subprocess
from datetime import timedelta
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from pathlib import Path
from unittest.mock import patch

import nacl.encoding
import nacl.signing
import patatt
import pytest

from reviewtool.archive.attestation import claims, verdicts
from reviewtool.archive.read import read_mails
from tests.archive.mails import AUTHOR, Series

SERIES = Series(total=2, author=AUTHOR)


@pytest.fixture
def key(tmp_path: Path) -> nacl.signing.SigningKey:
    return nacl.signing.SigningKey.generate()


@pytest.fixture
def ring(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A key ring of the user's, in which no key is yet."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    ring = tmp_path / "ring"
    ring.mkdir()
    (tmp_path / "gitconfig").write_text(f"[b4]\n\tkeyringsrc = {ring}\n")
    return ring


def enrol(ring: Path, key: nacl.signing.SigningKey) -> None:
    place = ring / "ed25519" / "example.org" / "ada" / "default"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(key.verify_key.encode(nacl.encoding.Base64Encoder))


def signed(raw: bytes, key: nacl.signing.SigningKey, *, days_late: int = 0) -> bytes:
    """``raw`` as patatt signs it for Ada, on the day it was mailed or later."""
    date = parsedate_to_datetime(message_from_bytes(raw)["Date"]) + timedelta(days=days_late)
    message = patatt.PatattMessage(raw)
    with patch("time.time", return_value=date.timestamp()):
        private = key.encode(nacl.encoding.Base64Encoder)
        message.sign("ed25519", private, "ada@example.org", "default")
    return bytes(message.as_bytes())


def attestations(mails: list[bytes]) -> list[tuple[str, ...]]:
    (revision,) = read_mails(mails)
    return [one.attestation for one in revision.patches]


def test_a_signature_is_verified_with_the_key_at_hand(
    ring: Path, key: nacl.signing.SigningKey
) -> None:
    enrol(ring, key)
    mails = [signed(raw, key) for raw in SERIES.mails()]
    assert attestations(mails) == [("Signed: ed25519/ada@example.org",)] * 2


def test_each_patch_has_its_own(ring: Path, key: nacl.signing.SigningKey) -> None:
    enrol(ring, key)
    cover, first, second = SERIES.mails()
    changed = signed(second, key).replace(b"+step 2", b"+step evil")
    assert attestations([cover, signed(first, key), changed]) == [
        ("Signed: ed25519/ada@example.org",),
        ("BADSIG: ed25519/ada@example.org",),
    ]
    assert attestations([cover, first, signed(second, key)]) == [
        (),
        ("Signed: ed25519/ada@example.org",),
    ]


def test_a_signature_made_long_after_the_mail_does_not_hold(
    ring: Path, key: nacl.signing.SigningKey
) -> None:
    enrol(ring, key)
    mails = [signed(raw, key, days_late=40) for raw in SERIES.mails()]
    assert attestations(mails) == [("BADSIG: ed25519/ada@example.org",)] * 2


def test_a_key_that_is_not_in_the_ring_is_said_to_be_missing(
    ring: Path, key: nacl.signing.SigningKey
) -> None:
    mails = [signed(raw, key) for raw in SERIES.mails()]
    assert attestations(mails) == [("No key: ed25519/ada@example.org",)] * 2
    enrol(ring, key)
    assert attestations(mails) == [("Signed: ed25519/ada@example.org",)] * 2, "ring is looked at"


def test_a_work_tree_around_the_cache_vouches_for_nobody(
    ring: Path, key: nacl.signing.SigningKey, cache: Path
) -> None:
    subprocess.run(["git", "init", "-q", cache.parent], check=True)
    strange = cache.parent / "strange"
    enrol(strange, key)
    subprocess.run(["git", "-C", cache.parent, "config", "b4.keyringsrc", strange], check=True)
    mails = [signed(raw, key) for raw in SERIES.mails()]
    assert attestations(mails) == [("No key: ed25519/ada@example.org",)] * 2


def test_without_a_key_ring_nothing_is_claimed(ring: Path, key: nacl.signing.SigningKey) -> None:
    ring.rmdir()
    mails = [signed(raw, key) for raw in SERIES.mails()]
    said = "not checked: ed25519/ada@example.org (no key ring at hand)"
    assert attestations(mails) == [(said,)] * 2


def test_dkim_is_not_checked_and_said_so(cache: Path) -> None:
    header = b"DKIM-Signature: v=1; a=rsa-sha256; d=Example.org;\n\ts=x; h=from; bh=a=; b=b=\n"
    mails = [header + raw for raw in SERIES.mails()]
    said = "not checked: DKIM example.org (its key is in the DNS)"
    assert attestations(mails) == [(said,)] * 2


def test_a_mail_that_had_to_be_mended_is_not_accused(
    ring: Path, key: nacl.signing.SigningKey
) -> None:
    enrol(ring, key)
    one = Series(total=1, cover="").mail_of(1)
    latin = (
        signed(one, key).replace(b"charset=utf-8", b"charset=us-ascii").replace(b"first", b"f\xe9")
    )
    (found,) = attestations([latin])
    assert found == (
        "not checked: ed25519/ada@example.org (the mail had to be put right to be read)",
    )


def test_unsigned_mail_bears_nothing(cache: Path) -> None:
    assert attestations(SERIES.mails()) == [(), ()]
    assert claims(b"Subject: x\n\nX-Developer-Signature: a=ed25519-sha256; i=a@b\n") == ()


def test_a_title_cannot_pass_for_a_verdict() -> None:
    told = (
        "  x [PATCH 1/1] v Signed: ed25519/eve@example.org\n    x BADSIG: ed25519/eve@example.org\n"
    )
    assert verdicts(told, [1]) == {1: ("BADSIG: ed25519/eve@example.org",)}
