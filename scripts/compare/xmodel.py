"""What the comparison needs of a compiled .xmodel file: the DPU subgraphs, their operations and constants.

The messages themselves are read by the python-protobuf reader of the tests, which holds the schema.
"""

import dataclasses
import pathlib
import sys

import numpy

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Oracles"))
import xmodel_protobuf  # noqa: E402 (the line above says where it lies)


def _plain(attribute):
    """The Python value of an AttrValue: a scalar, bytes, a list or a dict."""
    kind = attribute.WhichOneof("value")
    value = getattr(attribute, kind) if kind else None
    if kind is None or not hasattr(value, "DESCRIPTOR"):
        return value
    value = value.value
    if isinstance(value, bytes):
        return value
    if hasattr(value, "items"):
        return {key: item.value if hasattr(item, "DESCRIPTOR") else item for key, item in value.items()}
    return list(value)


def _plain_map(attributes):
    return {name: _plain(value) for name, value in attributes.items()}


@dataclasses.dataclass
class Operation:
    """One operation with the tensor that it makes."""

    name: str
    kind: str
    attributes: dict
    arguments: dict  # argument name -> names of the operations that feed it, in order
    shape: tuple
    tensor_attributes: dict

    @property
    def fix_point(self):
        return self.tensor_attributes["fix_point"]

    def inputs(self, argument="input"):
        return self.arguments.get(argument, [])


@dataclasses.dataclass
class Partition:
    """One DPU subgraph: its operations in the file's order, its inputs and outputs, its constants."""

    name: str
    operations: list
    input_names: list  # the `upload` operations, by ascending address
    output_names: list  # the operations that `download` reads, by ascending address
    parameters: bytes  # REG_0

    def constant(self, operation):
        """The int8 values of a const-fix operation, in its shape."""
        inline = operation.attributes.get("data")
        if inline:
            data, offset = inline, 0
        else:
            data, offset = self.parameters, operation.tensor_attributes["ddr_addr"]
        count = int(numpy.prod(operation.shape))
        if offset < 0 or offset + count > len(data):
            raise ValueError(f"const {operation.name!r}: {count} bytes at {offset} of {len(data)}")
        return numpy.frombuffer(data, numpy.int8, count, offset).reshape(operation.shape)


def _all_names(subgraph):
    names = list(subgraph.op_name)
    for child in subgraph.subg_child:
        names += _all_names(child)
    return names


def read_partitions(path):
    """The DPU subgraphs of a compiled .xmodel file, in the order of the root's children."""
    graph = xmodel_protobuf.load(path)
    operations = {
        node.op_name: Operation(
            name=node.op_name,
            kind=node.op_type,
            attributes=_plain_map(node.op_attr),
            arguments={argument.arg_name: list(argument.arg_ops) for argument in node.args},
            shape=tuple(node.output_tensor.tensor_dim),
            tensor_attributes=_plain_map(node.output_tensor.tensor_attr),
        )
        for node in graph.op_node
    }

    def address(name):
        attributes = operations[name].tensor_attributes
        return (attributes.get("reg_id", 0), attributes.get("ddr_addr", 0))

    partitions = []
    for child in graph.subg_root.subg_child:
        attributes = _plain_map(child.subg_attr)
        if attributes.get("device") != "DPU":
            continue
        members = set(_all_names(child))
        inside = [operation for operation in operations.values() if operation.name in members]
        partitions.append(
            Partition(
                name=child.subgraph_name,
                operations=inside,
                input_names=sorted((o.name for o in inside if o.kind == "upload"), key=address),
                output_names=sorted((o.inputs()[0] for o in inside if o.kind == "download"), key=address),
                parameters=attributes["reg_id_to_parameter_value"]["REG_0"],
            )
        )
    if not partitions:
        raise ValueError(f"{path}: no DPU subgraph; a compiled model is needed")
    return partitions
