"""Reads and writes safetensors files with NumPy alone, as an independent judge of ours.

    safetensors_oracle.py check FILE       a file that checkpoint_file_test has written: every element as it must be
    safetensors_oracle.py make FOLDER      writes the files of tests/train/golden

The element with the index (i0, i1, ...) is (1 + i0 + 3 i1 + 9 i2 + ...) mod 97, of a BOOL that mod 2: so a tensor whose
axes or elements were mixed up cannot pass. Ends with 77 where there is no NumPy.
"""
import json
import struct
import sys

try:
    import numpy as np
except ImportError:
    sys.exit(77)

TYPES = {"BOOL": np.bool_, "U8": np.uint8, "I8": np.int8, "U16": np.uint16, "I16": np.int16, "F16": np.float16,
         "BF16": np.uint16, "U32": np.uint32, "I32": np.int32, "F32": np.float32, "U64": np.uint64, "I64": np.int64,
         "F64": np.float64}


def pattern(shape, dtype):
    values = np.ones(shape, dtype=np.int64)
    for axis, indices in enumerate(np.indices(shape)):
        values += indices * 3**axis
    values %= 97
    if dtype == "BOOL":
        values %= 2
    if dtype == "BF16":  # the upper half of the bits of a float: these numbers are exact in it
        return (values.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
    return values.astype(TYPES[dtype])


def read(path):
    data = open(path, "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__", {})
    body = data[8 + length:]
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        array = np.frombuffer(body[begin:end], TYPES[entry["dtype"]]).reshape(entry["shape"])
        tensors[name] = (entry["dtype"], array)
    return length, metadata, tensors


def check(path):
    length, metadata, tensors = read(path)
    assert (8 + length) % 8 == 0, "the data must be aligned"
    assert all(isinstance(text, str) for text in metadata.values())
    assert json.loads(metadata["eigentune.metric"]) == 0.1 and metadata["eigentune.step"] == "12"
    optimizer = json.loads(metadata["eigentune.optimizer"])
    assert optimizer["averaging"] == {"kind": "uniform", "start": 0}
    assert all(tensor["averaged"] == 1 for tensor in optimizer["tensors"].values())
    options = {"learning_rate_scale": 1, "weight_decay": 0, "coupled": False, "frozen": False, "clip_units": "automatic"}
    assert {name: tensor["options"] for name, tensor in optimizer["tensors"].items()} == {
        "weights": {**options, "learning_rate_scale": 0.5, "weight_decay": 0.1}, "row_major": options,
        "bias": {**options, "coupled": True, "clip_units": "first_axis"}}
    shapes = {"weights": ("F32", [37, 70]), "row_major": ("F32", [3, 5]), "bias": ("F32", [5]),
              "eigentune/state/v/weights": ("F32", [37, 70]), "eigentune/state/v/row_major": ("F32", [3, 5]),
              "eigentune/state/v/bias": ("F32", [5]), "eigentune/average/weights": ("F32", [37, 70]),
              "eigentune/average/row_major": ("F32", [3, 5]), "eigentune/average/bias": ("F32", [5]),
              "f64": ("F64", [2, 3, 4]), "f16": ("F16", [2, 3]),
              "bf16": ("BF16", [2, 3]), "i8": ("I8", [2, 3]), "u8": ("U8", [2, 3]), "i16": ("I16", [2, 3]),
              "u16": ("U16", [2, 3]), "i32": ("I32", [2, 3]), "u32": ("U32", [2, 3]), "i64": ("I64", [4]),
              "u64": ("U64", [4]), "bool": ("BOOL", [2, 3]), "scalar": ("F64", []), "empty": ("F32", [0, 4]),
              "rank8": ("F32", [2, 1, 2, 3, 1, 2, 2, 2]), 'quotes " \\ and\nnewline, \u00fcnicode \U0001f40d': ("U8", [1])}
    assert set(tensors) == set(shapes), set(tensors) ^ set(shapes)
    for name, (dtype, shape) in shapes.items():
        found_type, array = tensors[name]
        assert (found_type, list(array.shape)) == (dtype, shape), (name, found_type, array.shape)
        assert np.array_equal(array, pattern(shape, dtype)), (name, array)


def write(path, tensors, metadata, order=None):
    header, body = {}, b""
    for name, (dtype, shape) in tensors.items():
        data = np.ascontiguousarray(pattern(shape, dtype)).tobytes()
        header[name] = {"shape": shape, "dtype": dtype, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    if order:
        header = {name: header[name] for name in order}
    if metadata is not None:
        header["__metadata__"] = metadata  # last, which the format allows
    text = json.dumps(header).encode()
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + body)


def make(folder):
    write(folder + "/all_types.safetensors", {name.lower(): (name, [3, 2]) for name in TYPES}, None)
    write(folder + "/pytorch.safetensors",
          {"bias": ("F16", [5]), "row_major": ("BF16", [3, 5]), "weights": ("F32", [37, 70])}, {"format": "pt"},
          ["weights", "bias", "row_major"])
    write(folder + "/doubles.safetensors", {"bias": ("F64", [5]), "weights": ("F64", [37, 70])}, {"format": "pt"})


if __name__ == "__main__":
    {"check": check, "make": make}[sys.argv[1]](sys.argv[2])
