"""Reads .xmodel files with python-protobuf: a second opinion on what this package reads and writes.

The schema is built here from the tables in docs/xmodel-format.md; there is no .proto file to compile.

    xmodel_protobuf.py compare ORIGINAL REWRITTEN   {} if both hold the same messages, else what differs, as JSON
    xmodel_protobuf.py describe FILE                name, operations and graph attributes as JSON
"""

import functools
import json
import struct
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

Field = descriptor_pb2.FieldDescriptorProto
PACKAGE = "xmodel"
SCALARS = {
    "bool": Field.TYPE_BOOL, "int32": Field.TYPE_INT32, "uint32": Field.TYPE_UINT32, "int64": Field.TYPE_INT64,
    "uint64": Field.TYPE_UINT64, "float": Field.TYPE_FLOAT, "double": Field.TYPE_DOUBLE,
    "string": Field.TYPE_STRING, "bytes": Field.TYPE_BYTES,
}
# What one AttrValue can hold: field number, name, and the type inside.
SCALAR_VALUES = [(4, "bool"), (5, "int32"), (6, "uint32"), (7, "int64"), (8, "uint64"), (9, "float"), (10, "double"),
                 (11, "string")]
LISTS = [(13, "bool"), (14, "int32"), (15, "uint32"), (16, "int64"), (17, "uint64"), (18, "float"), (19, "double"),
         (20, "string"), (21, "bytes")]
MAPS = [(22, "int32"), (23, "uint32"), (24, "int64"), (25, "uint64"), (26, "string"), (27, "Bytes"),
        (28, "Int32Vec"), (29, "Uint32Vec"), (30, "Int64Vec"), (31, "Uint64Vec"), (32, "StringVec")]


def add_field(message, number, name, kind, repeated=False, oneof=False):
    field = message.field.add(number=number, name=name)
    field.label = Field.LABEL_REPEATED if repeated else Field.LABEL_OPTIONAL
    if kind in SCALARS:
        field.type = SCALARS[kind]
    else:
        field.type = Field.TYPE_MESSAGE
        field.type_name = kind if kind.startswith(".") else f".{PACKAGE}.{kind}"
    if oneof:
        field.oneof_index = 0


def add_map(message, number, name, kind):
    entry_name = "".join(part.capitalize() for part in name.split("_")) + "Entry"
    entry = message.nested_type.add(name=entry_name)
    entry.options.map_entry = True
    add_field(entry, 1, "key", "string")
    add_field(entry, 2, "value", kind)
    add_field(message, number, name, f".{PACKAGE}.{message.name}.{entry_name}", repeated=True)


@functools.cache  # Messages of two classes never compare equal.
def graph_class():
    file = descriptor_pb2.FileDescriptorProto(name="xmodel.proto", package=PACKAGE, syntax="proto3")

    def message(name, *fields):
        added = file.message_type.add(name=name)
        for number, field_name, kind in fields:
            if kind.startswith("map "):
                add_map(added, number, field_name, kind[4:])
            elif kind.startswith("repeated "):
                add_field(added, number, field_name, kind[9:], repeated=True)
            else:
                add_field(added, number, field_name, kind)
        return added

    message("Bytes", (1, "value", "bytes"))
    for _, kind in LISTS:
        message(f"{kind.capitalize()}Vec", (1, "value", f"repeated {kind}"))
    for _, kind in MAPS:
        message(f"MapString2{kind.capitalize()}", (1, "value", f"map {kind}"))
    value = message("AttrValue")
    value.oneof_decl.add(name="value")
    for number, kind in SCALAR_VALUES:
        add_field(value, number, f"{kind}_value", kind, oneof=True)
    add_field(value, 12, "bytes_value", "Bytes", oneof=True)
    for number, kind in LISTS:
        add_field(value, number, f"{kind}_vec_value", f"{kind.capitalize()}Vec", oneof=True)
    for number, kind in MAPS:
        add_field(value, number, f"map_string_2_{kind.lower()}_value", f"MapString2{kind.capitalize()}", oneof=True)
    message("OpArg", (1, "arg_name", "string"), (2, "arg_ops", "repeated string"))
    message("Tensor", (1, "tensor_name", "string"), (2, "tensor_dim", "repeated uint32"), (5, "data_type", "int32"),
            (6, "tensor_bit_width", "int32"), (10, "tensor_attr", "map AttrValue"))
    message("OPNode", (1, "op_name", "string"), (2, "op_type", "string"), (3, "op_attr", "map AttrValue"),
            (4, "args", "repeated OpArg"), (5, "output_tensor", "Tensor"))
    message("SubGraph", (1, "subgraph_name", "string"), (3, "op_name", "repeated string"),
            (5, "subg_attr", "map AttrValue"), (10, "subg_child", "repeated SubGraph"))
    message("AttrDef", (1, "name", "string"), (3, "occur_type", "int32"), (4, "default_value", "AttrValue"),
            (6, "list_length", "int32"), (7, "annotation", "string"))
    message("OpArgDef", (1, "name", "string"), (2, "occur_type", "int32"), (3, "data_type", "int32"),
            (4, "annotation", "string"))
    message("OpDef", (1, "name", "string"), (2, "input_args", "repeated OpArgDef"), (3, "attrs", "repeated AttrDef"),
            (4, "annotation", "string"))
    message("Graph", (1, "graph_name", "string"), (5, "op_node", "repeated OPNode"), (10, "subg_root", "SubGraph"),
            (11, "graph_attr", "map AttrValue"), (101, "op_defs", "repeated OpDef"))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.Graph"))


def load(path):
    """The Graph message of a file."""
    graph = graph_class()()
    with open(path, "rb") as file:
        graph.ParseFromString(file.read())
    return graph


def difference(one, other):
    """What differs between two messages of one type, or None. Unknown fields count."""
    if one == other:
        return None
    for field in one.DESCRIPTOR.fields:
        left, right = getattr(one, field.name), getattr(other, field.name)
        if left == right:
            continue
        name = f"{one.DESCRIPTOR.name}.{field.name}"
        if hasattr(left, "DESCRIPTOR"):
            return f"{name}: {difference(left, right)}"
        if field.type == Field.TYPE_MESSAGE and not field.message_type.GetOptions().map_entry:
            if len(left) != len(right):
                return f"{name}: {len(left)} against {len(right)} messages"
            pairs = [(i, difference(a, b)) for i, (a, b) in enumerate(zip(left, right)) if a != b]
            return f"{name}[{pairs[0][0]}]: {pairs[0][1]}"
        return f"{name}: {str(left)[:200]!r} against {str(right)[:200]!r}"
    return f"{one.DESCRIPTOR.name}: unknown fields differ"


def text_of_item(kind, item):
    if kind == "float":
        return struct.pack(">f", item).hex()
    if kind == "double":
        return struct.pack(">d", item).hex()
    if kind in ("bytes", "Bytes"):
        return (item.value if kind == "Bytes" else item).hex()
    if kind.endswith("Vec"):
        return "[" + ",".join(text_of_item(kind[:-3].lower(), value) for value in item.value) + "]"
    return str(item).lower() if kind == "bool" else str(item)


def text_of_value(value):
    """An attribute value as the tests in Swift spell it: its kind, then its items; floating point by its bits."""
    name = value.WhichOneof("value")
    if name is None:
        return "none"
    held = getattr(value, name)
    number = value.DESCRIPTOR.fields_by_name[name].number
    kinds = dict(SCALAR_VALUES) | {12: "Bytes"} | {n: f"{k.capitalize()}Vec" for n, k in LISTS}
    if number in kinds:
        return f"{kinds[number]} {text_of_item(kinds[number], held)}"
    kind = dict(MAPS)[number]
    entries = [f"{key}={text_of_item(kind, held.value[key])}" for key in sorted(held.value)]
    return f"map {kind} {{{','.join(entries)}}}"


def describe(graph):
    return {
        "graphName": graph.graph_name,
        "operations": [operation.op_name for operation in graph.op_node],
        "attributes": {name: text_of_value(value) for name, value in graph.graph_attr.items()},
    }


def main():
    command, *paths = sys.argv[1:]
    graphs = [load(path) for path in paths]
    if command == "compare":
        found = difference(*graphs)
        print(json.dumps({"difference": found} if found else {}))
    else:
        print(json.dumps(describe(*graphs)))


if __name__ == "__main__":
    main()
