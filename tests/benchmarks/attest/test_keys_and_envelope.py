"""Keys are never lost or read by others; an envelope is one text, of which every byte counts."""

import json
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotline.benchmarks.attest import envelope, keys
from pilotline.benchmarks.attest.errors import AttestError


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return keys.make(tmp_path_factory.mktemp("key"))


@pytest.fixture(scope="module")
def signed(pair):
    return envelope.sign(b'{"a": 1}', envelope.IN_TOTO, keys.signer(pair[0]))


def check(data, public):
    opened = envelope.open_envelope(data, "the envelope")
    envelope.check_signature(opened, keys.public_key(public), "the envelope")
    return opened


def test_the_private_key_is_for_its_owner_alone(pair):
    assert stat.S_IMODE(pair[0].stat().st_mode) == 0o600


def test_a_key_is_never_overwritten(pair):
    before = [path.read_bytes() for path in pair]
    with pytest.raises(AttestError, match="never overwritten"):
        keys.make(pair[0].parent)
    pair[1].rename(pair[1].with_suffix(".away"))
    with pytest.raises(AttestError, match="never overwritten"):
        keys.make(pair[0].parent)
    pair[1].with_suffix(".away").rename(pair[1])
    assert [path.read_bytes() for path in pair] == before


def test_a_private_key_that_others_may_read_is_not_used(pair, tmp_path):
    path = tmp_path / "private.pem"
    path.write_bytes(pair[0].read_bytes())
    path.chmod(0o644)
    with pytest.raises(AttestError, match=r"mode 0644.*0600"):
        keys.signer(path)


def test_the_wrong_file_for_a_key_is_named_in_a_line(pair, tmp_path):
    with pytest.raises(AttestError, match="is a private key"):
        keys.public_key(pair[0])
    with pytest.raises(AttestError, match="is a public key; give the private one"):
        keys.signer(pair[1])
    with pytest.raises(AttestError, match="not a private key in PEM"):
        keys.signer(_secret(tmp_path, b"-----BEGIN"))
    with pytest.raises(AttestError, match="cannot be read: No such file"):
        keys.public_key(tmp_path / "none.pem")
    with pytest.raises(AttestError, match="no public key in PEM"):
        keys.public_key(_secret(tmp_path / "other", b"\x80\x04pickled"))


def test_another_kind_of_key_is_refused(tmp_path):
    from cryptography.hazmat.primitives import serialization as s
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

    key = generate_private_key(SECP256R1())
    path = _secret(tmp_path, key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()))
    with pytest.raises(AttestError, match="no Ed25519 key"):
        keys.signer(path)


def test_what_was_signed_comes_out_again(signed, pair):
    opened = check(signed, pair[1])
    assert (opened.payload, opened.kind) == (b'{"a": 1}', "application/vnd.in-toto+json")


def test_the_file_is_the_envelope_that_dsse_describes(signed):
    document = json.loads(signed)
    assert document.keys() == {"payload", "payloadType", "signatures"}
    assert document["payload"] == "eyJhIjogMX0="
    assert document["signatures"][0].keys() == {"keyid", "sig"}


def test_another_key_does_not_fit(signed, tmp_path):
    _, other = keys.make(tmp_path)
    with pytest.raises(AttestError, match="signed with key"):
        check(signed, other)


def test_a_key_that_calls_itself_by_anothers_id_does_not_fit(pair, tmp_path):
    private, _ = keys.make(tmp_path)
    forged = json.loads(envelope.sign(b"{}", envelope.IN_TOTO, keys.signer(private)))
    forged["signatures"][0]["keyid"] = keys.public_key(pair[1]).keyid
    with pytest.raises(AttestError, match="does not fit"):
        check((json.dumps(forged, indent=1, sort_keys=True) + "\n").encode(), pair[1])


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_no_byte_of_an_envelope_can_be_changed_taken_or_added(data, signed, pair):
    at = data.draw(st.integers(0, len(signed) - 1))
    kind = data.draw(st.sampled_from(["change", "take", "add"]))
    byte = bytes([data.draw(st.integers(0, 255))])
    edited = signed[:at] + (b"" if kind == "take" else byte) + signed[at + (kind != "add") :]
    if edited == signed:
        return
    with pytest.raises(AttestError):
        check(edited, pair[1])


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"payload":1}', b"\x80\x04K\x01.", b'{"a":' * 5000])
def test_what_is_no_envelope_is_refused_in_a_line(text):
    with pytest.raises(AttestError) as caught:
        envelope.open_envelope(text, "x.json")
    assert str(caught.value).startswith("x.json: ")
    assert "\n" not in str(caught.value)
    assert "_Form" not in str(caught.value), "a class of ours says nothing to anybody"


def _secret(folder, data):
    folder.mkdir(exist_ok=True)
    keys.write_secret(folder / "key.pem", data)
    return folder / "key.pem"
