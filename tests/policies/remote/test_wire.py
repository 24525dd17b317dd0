"""Arrays pass as openpi writes them, bit for bit; nothing that needs a pickle passes."""

import contextlib

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from pilotline.policies.remote.wire import WireError, pack, unpack

KINDS = st.one_of(
    nps.boolean_dtypes(),
    nps.integer_dtypes(endianness="?"),
    nps.unsigned_integer_dtypes(endianness="?"),
    nps.floating_dtypes(endianness="?", sizes=(16, 32, 64)),
)
ARRAYS = nps.arrays(KINDS, nps.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text(max_size=8), ARRAYS, max_size=4))
def test_arrays_come_back_with_the_same_bytes_shape_and_kind(message):
    back = unpack(pack(message))
    assert back.keys() == message.keys()
    for name, array in message.items():
        assert back[name].shape == array.shape
        assert back[name].dtype == array.dtype
        assert back[name].tobytes() == array.tobytes()


@given(st.dictionaries(st.text(max_size=8), PLAIN, max_size=4))
def test_everything_else_is_plain_msgpack(message):
    assert unpack(pack(message)) == message
    assert msgpack.unpackb(pack(message)) == message


@given(ARRAYS)
def test_an_array_is_the_map_that_openpi_writes(array):
    raw = msgpack.unpackb(pack({"a": array}))["a"]
    assert raw == {
        b"__ndarray__": True,
        b"data": array.tobytes(),
        b"dtype": array.dtype.str,
        b"shape": list(array.shape),
    }


@given(nps.from_dtype(np.dtype("f4"), allow_nan=False) | nps.from_dtype(np.dtype("i4")))
def test_scalars_keep_their_kind(number):
    back = unpack(pack({"a": number}))["a"]
    assert type(back) is type(number)
    assert back == number


@pytest.mark.parametrize(
    "array",
    [
        np.array([object()]),
        np.array([None, 1], object),
        np.zeros(2, [("x", "f8")]),
        np.zeros(2, np.complex128),
        np.array(["text"]),
        np.array(["2020-01-01"], "M8[D]"),
    ],
    ids=lambda array: array.dtype.str,
)
def test_other_kinds_are_not_sent(array):
    with pytest.raises(WireError, match="does not pass"):
        pack({"a": array})


def test_what_msgpack_does_not_know_is_not_sent():
    with pytest.raises(WireError, match="set cannot be sent"):
        pack({"a": {1}})


def array(**changes):
    return {"a": {b"__ndarray__": True, b"data": bytes(16), b"dtype": "<f8", b"shape": [2]} | changes}


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (array(**{}) | {"a": {b"__ndarray__": True}}, "dtype 'None' does not pass"),
        ({"a": array()["a"] | {b"dtype": "|O"}}, r"dtype '\|O' does not pass"),
        ({"a": array()["a"] | {b"dtype": "O"}}, "does not pass"),
        ({"a": array()["a"] | {b"dtype": "f8,O"}}, "does not pass"),
        ({"a": array()["a"] | {b"dtype": "(4,)f8"}}, "does not pass"),
        ({"a": array()["a"] | {b"dtype": [["x", "f8"]]}}, "does not pass"),
        ({"a": array()["a"] | {b"dtype": "<M8[s]"}}, "does not pass"),
        ({"a": array()["a"] | {b"shape": [3]}}, "has 16 bytes"),
        ({"a": array()["a"] | {b"shape": [-2]}}, "whole numbers from 0"),
        ({"a": array()["a"] | {b"shape": 2}}, "whole numbers from 0"),
        ({"a": array()["a"] | {b"shape": [True, 2]}}, "whole numbers from 0"),
        ({"a": array()["a"] | {b"shape": [0, 2**62, 2**62], b"data": b""}}, "no msgpack"),
        ({"a": array()["a"] | {b"data": "text"}}, "data is str"),
        ({"a": {b"__npgeneric__": True, b"data": "1", b"dtype": "<f8"}}, "scalar data is str"),
        ({"a": {b"__npgeneric__": True, b"data": 1, b"dtype": "O"}}, "does not pass"),
    ],
)
def test_maps_that_are_no_arrays_are_refused(message, reason):
    with pytest.raises(WireError, match=reason):
        unpack(msgpack.packb(message))


@given(st.binary(max_size=64))
def test_any_bytes_are_a_message_or_a_refusal(data):
    with contextlib.suppress(WireError):
        assert isinstance(unpack(data), dict)


def test_deep_nesting_is_refused():
    with pytest.raises(WireError, match="no msgpack"):
        unpack(b"\x91" * 100_000)


@pytest.mark.parametrize("part", [b"\x90", b"\x80"])
def test_no_message_is_made_of_a_million_empty_parts(part):
    with pytest.raises(WireError, match="more than 100000 lists and maps"):
        unpack(b"\x81\xa1a\xdd" + (10**6).to_bytes(4, "big") + part * 10**6)


def test_a_pickle_is_not_loaded():
    import pickle

    with pytest.raises(WireError):
        unpack(pickle.dumps({"actions": np.zeros((1, 3))}))
