"""Trusted keys come as files and folders; a folder by mistake trusts nobody."""

import pytest

from pilotline.benchmarks.attest import keys
from pilotline.benchmarks.attest.errors import AttestError
from pilotline.benchmarks.attest.trusted import public_keys


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return keys.make(tmp_path_factory.mktemp("key"))


def test_keys_of_files_and_folders_are_each_there_once_in_one_order(pair, tmp_path):
    for name in ("one", "two", "trusted"):
        (tmp_path / name).mkdir()
    one, two = (keys.make(tmp_path / name)[1] for name in ("one", "two"))
    for k, path in enumerate((one, two, one)):
        (tmp_path / "trusted" / f"{k}.pem").write_bytes(path.read_bytes())
    (tmp_path / "trusted" / "README.md").write_text("whose they are")
    whole = [key.keyid for key in public_keys([tmp_path / "trusted", pair[1]])]
    assert whole == sorted({keys.public_key(path).keyid for path in (one, two, pair[1])})
    assert [key.keyid for key in public_keys([pair[1], two, one, two])] == whole


def test_a_folder_without_keys_or_with_a_private_one_is_refused(pair, tmp_path):
    with pytest.raises(AttestError, match=r"no key in this folder; allowed: public keys, \*\.pem"):
        public_keys([tmp_path])
    with pytest.raises(AttestError, match=r"private.pem: is a private key"):
        public_keys([pair[0].parent])
