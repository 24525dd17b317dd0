"""Files from outside: what is no policy file, or was edited, ends in one line."""

import json
import os

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from pilotline.policies.file import write_policy
from pilotline.policies.file.reading import read
from pilotline.policies.file.session import MAX_BYTES, OnnxError, parse
from pilotline.policies.file.writing import KEY

from .conftest import contract, network


@pytest.fixture
def path(tmp_path):
    write_policy(tmp_path / "p.onnx", network(), contract())
    return tmp_path / "p.onnx"


def edited(path, change):
    """Write the file's model again after `change`."""
    model = onnx.load(path)
    change(model)
    path.write_bytes(model.SerializeToString())
    return path


def metadata(model):
    return json.loads(next(item.value for item in model.metadata_props if item.key == KEY))


def set_metadata(model, text):
    helper.set_model_props(model, {KEY: text})


def refused(path):
    with pytest.raises(OnnxError) as error:
        read(path).network.session()
    text = str(error.value)
    assert "\n" not in text
    assert text.startswith(f"policy {path}: ")
    return text.removeprefix(f"policy {path}: ")


def test_what_was_written_is_read_again(path):
    file = read(path)
    assert file.contract == contract()
    assert file.content_sha256 == metadata(onnx.load(path))["sha256"]
    assert (file.network.inputs, file.network.outputs) == (7, 3)


def test_the_same_content_gives_the_same_bytes(path, tmp_path):
    write_policy(tmp_path / "again.onnx", network(), contract())
    assert (tmp_path / "again.onnx").read_bytes() == path.read_bytes()
    write_policy(tmp_path / "other.onnx", network(seed=1), contract())
    assert read(tmp_path / "other.onnx").content_sha256 != read(path).content_sha256


def test_a_file_that_another_library_wrote_anew_still_holds(path):
    before = read(path).content_sha256
    assert read(edited(path, lambda model: setattr(model, "producer_name", "other"))).content_sha256 == before


def test_no_file_a_folder_and_no_onnx(tmp_path):
    assert refused(tmp_path / "none.onnx") == "no such file"
    (tmp_path / "folder.onnx").mkdir()
    assert refused(tmp_path / "folder.onnx") == "not a file; allowed: an ONNX file"
    for name, data in (("empty", b""), ("text", b"hello, this is a text\n" * 9), ("pickle", b"\x80\x04\x95abc.")):
        (tmp_path / name).write_bytes(data)
        assert refused(tmp_path / name).startswith("not ONNX, or ")


def test_a_giant_is_refused_unread(tmp_path):
    with open(tmp_path / "giant.onnx", "wb") as file:
        os.truncate(file.fileno(), 1 << 30)
    assert refused(tmp_path / "giant.onnx") == f"1073741824 bytes; allowed: at most {MAX_BYTES}"


def test_every_cut_is_refused(path):
    data = path.read_bytes()
    for length in [*range(0, 200, 7), *range(200, len(data), 211), len(data) - 1]:
        path.write_bytes(data[:length])
        refused(path)


def test_any_byte_of_contract_or_weights_that_changes_is_noticed(path):
    data = path.read_bytes()
    at = {data.index(numpy_helper.to_array(tensor).tobytes()) for tensor in onnx.load(path).graph.initializer}
    at |= {data.index(word) + 1 for word in (b"joint_pos", b"pilotline/Made-v1", b"period_s")}
    for place in sorted(at):
        broken = bytearray(data)
        broken[place] ^= 1
        path.write_bytes(bytes(broken))
        refused(path)


def test_a_tensor_with_a_false_shape_is_refused(path):
    def change(model):
        model.graph.initializer[0].dims[0] = 1 << 40

    assert refused(edited(path, change)) == "a tensor does not hold what its shape needs; allowed: a whole file"


def test_an_edited_contract_is_refused(path):
    def change(model):
        document = metadata(model)
        document["gains"]["a"] = [101.0, 5.0]
        set_metadata(model, json.dumps(document))

    assert refused(edited(path, change)).startswith("was edited: content hash is ")


METADATA = {
    "none": (None, "has no metadata pilotline_policy: not one of ours; allowed: a policy file, or a card (.yaml)"),
    "no JSON": ("{", "metadata pilotline_policy is no document of ours"),
    "a list": ("[1]", "metadata pilotline_policy is no document of ours"),
    "deep": ("[" * 100_000, "metadata pilotline_policy is no document of ours"),
    "another schema": ('{"schema": "x/2", "sha256": ""}', "schema is 'x/2'; allowed: 'pilotline/policy/1'"),
    "fields missing": ('{"schema": "pilotline/policy/1", "sha256": ""}', "contract: stations Field required"),
}


@pytest.mark.parametrize(("text", "message"), METADATA.values(), ids=METADATA)
def test_metadata_that_are_not_ours(path, text, message):
    def change(model):
        del model.metadata_props[:]
        if text is not None:
            set_metadata(model, text)

    assert refused(edited(path, change)).startswith(message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda d: d.update(robot="a\x1b[31mb"),
            "contract: a text has characters that cannot be printed; allowed: plain",
        ),
        (lambda d: d.update(extra=1), "contract: extra Extra inputs are not permitted"),
        (lambda d: d.update(period_s="0.02"), "contract: period_s should be a valid number"),
        (lambda d: d.update(period_s=-1), "contract: period_s should be greater than 0"),
        (lambda d: d["reads"][0].update(entry="x"), "contract: reads 'x'; allowed: joint_pos, imu, told"),
        (lambda d: d["reads"][0].update(parts=["x"]), "contract: reads 'x' of joint_pos; allowed: a, b, c"),
        (lambda d: d["reads"].append({"word": 1}), "contract: reads[3] has none of the words entry, gravity"),
        (lambda d: d["reads"].append({"previous_action": 2}), "contract: reads 2 numbers of the previous action; allo"),
        (lambda d: d["reads"].extend([{"memory": 1}] * 2), "contract: reads two memories; allowed: one"),
        (lambda d: d["reads"].append({"memory": 0}), "contract: reads[3].memory.memory should be greater than"),
        (lambda d: d["action"][1].update(name="a"), "contract: action: a twice; allowed: each once"),
        (lambda d: d["action"][0].update(high=-1.0), "contract: action[0] channel a: low and high are both -1.0"),
    ],
)
def test_a_contract_with_a_fault(path, change, message):
    def broken(model):
        document = metadata(model)
        change(document)
        set_metadata(model, json.dumps(document))

    assert refused(edited(path, broken)).startswith(message)


def model_of(nodes, tensors=(), width=3, rows="batch", **more):
    kind = TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", kind, [rows, width])],
        [helper.make_tensor_value_info("y", kind, [rows, width])],
        list(tensors),
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, **more)


def node(kind, *inputs, **attributes):
    return helper.make_node(kind, list(inputs), ["y"], **attributes)


def external():
    tensor = numpy_helper.from_array(np.ones(3, np.float32), "w")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    return tensor


def one(*shape):
    return numpy_helper.from_array(np.ones(shape, np.float32), "w")


MODELS = {
    "random": (model_of([node("RandomNormalLike", "x")]), "operator RandomNormalLike; allowed: Abs, Add, "),
    "loop": (model_of([node("Loop", "", "", "x")]), "operator Loop; allowed: "),
    "custom": (model_of([node("Evil", "x", domain="com.evil")]), "operator com.evil::Evil; allowed: standard operator"),
    "escape": (model_of([node("E\x1b[31m\n", "x")]), "operator E?[31m?; allowed: "),
    "external": (model_of([node("Add", "x", "w")], [external()]), "tensor w lies in another file; allowed: one file"),
    "rows mixed": (
        model_of([node("Softmax", "x", axis=0)]),
        "its rows depend on each other; allowed: a row of the output from one row of the input",
    ),
    "five rows": (model_of([node("Tanh", "x")], rows=5), "x takes 5 rows; allowed: any number, or 1"),
    "shapes": (model_of([node("Gemm", "x", "w")], [one(2, 3)]), "ONNX Runtime "),
    "fewer out": (model_of([node("Gemm", "x", "w")], [one(3, 2)]), "gives (7, 2) for 7 rows; allowed: (7, 3)"),
    "unknown name": (model_of([node("Add", "x", "nowhere")]), "ONNX Runtime does not take it ("),
}


@pytest.mark.parametrize(("model", "message"), MODELS.values(), ids=MODELS)
def test_networks_that_are_not_run(model, message):
    with pytest.raises(OnnxError) as refused:
        parse(model.SerializeToString()).session()
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


def test_a_network_exported_for_one_robot_serves_many():
    session = parse(model_of([node("Tanh", "x")], rows=1).SerializeToString()).session()
    rows = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_allclose(session(rows), np.tanh(rows), atol=1e-6)
