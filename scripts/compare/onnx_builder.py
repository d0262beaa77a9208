#!/usr/bin/env python3
"""Builds the QDQ int8 ONNX form of a DPU subgraph: what ONNX Runtime would be given for the same network.

Operations stand in NCHW between a Transpose at each end, because ONNX knows no other convolution; ONNX Runtime
runs them channels last, and the Transposes vanish. README.md says which forms exist and why.
"""

import argparse
import dataclasses
import itertools
import pathlib
import sys

import numpy
import onnx
from onnx import helper, numpy_helper

import forms
import transposed
import xmodel

OPSET = 17
IR_VERSION = 8
TO_NCHW, TO_NHWC = [0, 3, 1, 2], [0, 2, 3, 1]


@dataclasses.dataclass(frozen=True)
class Value:
    """A quantized tensor inside the ONNX graph; NCHW where it has four dimensions."""

    name: str
    quantization: forms.Quantization
    nonnegative: bool = False


@dataclasses.dataclass(frozen=True)
class Port:
    """An input or output of the ONNX model: the DPU's tensor in the DPU's layout, NHWC."""

    name: str
    quantization: forms.Quantization
    fix_point: int
    shape: tuple

    def feed(self, values):
        """What is stored for the DPU's int8 values."""
        return self.quantization.from_fixed(values.reshape(self.shape), self.fix_point)

    def read(self, stored):
        """What was stored, in units of the DPU's fix point."""
        return self.quantization.to_fixed(stored, self.fix_point).reshape(self.shape)


@dataclasses.dataclass
class Network:
    """An ONNX model and its ports, in the order of the partition's."""

    model: onnx.ModelProto
    form: forms.Form
    inputs: list
    outputs: list


class Builder:
    """Walks the operations of one partition and writes ONNX nodes."""

    def __init__(self, partition, form):
        self.partition = partition
        self.form = form
        self.operations = {operation.name: operation for operation in partition.operations}
        self.nodes = []
        self.initializers = {}
        self.values = {}
        self.counter = itertools.count()

    def build(self):
        inputs = [self.upload(self.operations[name]) for name in self.partition.input_names]
        for operation in self.partition.operations:
            if operation.kind not in ("const-fix", "upload", "download"):
                self.values[operation.name] = self.translate(operation)
        outputs = [self.download(self.operations[name]) for name in self.partition.output_names]
        graph = helper.make_graph(
            self.nodes,
            self.partition.name,
            [helper.make_tensor_value_info(p.name, p.quantization.onnx_element, p.shape) for p in inputs],
            [helper.make_tensor_value_info(p.name, p.quantization.onnx_element, p.shape) for p in outputs],
            [numpy_helper.from_array(array, name) for name, array in self.initializers.items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        onnx.checker.check_model(model)
        return Network(model, self.form, inputs, outputs)

    # Nodes

    def fresh(self, hint):
        return f"{hint}.{next(self.counter)}"

    def node(self, kind, inputs, hint, **attributes):
        output = self.fresh(hint)
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def constant(self, array, hint):
        name = self.fresh(hint)
        self.initializers[name] = numpy.asarray(array, order="C")  # keeps scalars scalar
        return name

    def transpose(self, name, order, hint):
        return self.node("Transpose", [name], hint + ".transpose", perm=order)

    def reshape(self, name, shape, hint):
        return self.node("Reshape", [name, self.constant(numpy.array(shape, numpy.int64), hint + ".shape")], hint)

    def scale(self, quantization, hint):
        return [
            self.constant(numpy.array(quantization.scale, numpy.float32), hint + ".scale"),
            self.constant(numpy.array(quantization.zero_point, quantization.element), hint + ".zero"),
        ]

    def dequantize(self, value):
        return self.node("DequantizeLinear", [value.name] + self.scale(value.quantization, value.name), value.name)

    def quantize(self, real, operation, nonnegative, limit=None):
        quantization = forms.quantization_of(self.form, operation.fix_point, nonnegative, limit)
        inputs = [real] + self.scale(quantization, operation.name)
        return Value(self.node("QuantizeLinear", inputs, operation.name), quantization, nonnegative)

    def activate(self, real, operation, nonnegative_inputs=False):
        """Applies the operation's nonlinearity and quantizes with the operation's fix point."""
        nonlinear = operation.attributes.get("nonlinear") or "NONE"
        if nonlinear == "NONE":
            return self.quantize(real, operation, nonnegative_inputs)
        if nonlinear not in ("RELU", "RELU6"):
            raise NotImplementedError(f"{operation.name}: nonlinear {nonlinear}")
        if self.form.activations == "int8-symmetric":
            # ONNX Runtime fuses a convolution only with a quantization directly behind it.
            real = self.dequantize(self.quantize(real, operation, False))
        # Above fix point 4 the limit 6 lies outside int8, and the DPU saturates first.
        if nonlinear == "RELU6" and operation.fix_point <= 4:
            bounds = [self.constant(numpy.array(bound, numpy.float32), "bound") for bound in (0, 6)]
            return self.quantize(self.node("Clip", [real] + bounds, operation.name), operation, True, 6)
        return self.quantize(self.node("Relu", [real], operation.name), operation, True)

    def requantize(self, value, operation):
        """The value in the scale of the operation's result; as it is if the fix point stays the same."""
        if self.operations[operation.inputs()[0]].fix_point == operation.fix_point:
            return value
        return self.quantize(self.dequantize(value), operation, value.nonnegative)

    # Ports

    def upload(self, operation):
        quantization = forms.quantization_of(self.form, operation.fix_point, False)
        name = operation.name
        if len(operation.shape) == 4:
            name = self.transpose(name, TO_NCHW, operation.name)
        self.values[operation.name] = Value(name, quantization)
        return Port(operation.name, quantization, operation.fix_point, operation.shape)

    def download(self, operation):
        value = self.values[operation.name]
        name = value.name
        if len(operation.shape) == 4:
            name = self.transpose(name, TO_NHWC, operation.name)
        return Port(name, value.quantization, operation.fix_point, operation.shape)

    # Operations

    def translate(self, operation):
        methods = {
            "conv2d-fix": self.convolution,
            "depthwise-conv2d-fix": self.convolution,
            "transposed-conv2d-fix": self.transposed_convolution,
            "pool-fix": self.pool,
            "eltwise-fix": self.eltwise,
            "concat-fix": self.concat,
            "upsample-fix": self.upsample,
            "reshape-fix": self.reshaped,
        }
        if operation.kind not in methods:
            raise NotImplementedError(f"{operation.name}: operation {operation.kind}")
        sources = [self.values[name] for name in operation.inputs()]
        return methods[operation.kind](operation, *sources)

    def parameters(self, operation, source):
        """Weights as stored, their scale, and the int32 bias in units of the accumulator."""
        weights = self.operations[operation.inputs("weights")[0]]
        weight_scale = 2.0**-weights.fix_point
        if not operation.inputs("bias"):
            return self.partition.constant(weights), weight_scale, None
        bias = self.operations[operation.inputs("bias")[0]]
        # A bias finer than half the accumulator's unit lies in the file shifted right already.
        input_fix_point = self.operations[operation.inputs()[0]].fix_point
        fix_point = min(bias.fix_point, input_fix_point + weights.fix_point + 1)
        real = self.partition.constant(bias).astype(numpy.float64) * 2.0**-fix_point
        accumulator = source.quantization.scale * weight_scale
        return self.partition.constant(weights), weight_scale, numpy.rint(real / accumulator).astype(numpy.int32)

    def linear(self, operation, source, weights, weight_scale, bias, **attributes):
        """Conv over dequantized input, weights [oc, ic, kh, kw] and bias, activated."""
        name = self.constant(weights, operation.name + ".weights")
        inputs = [
            self.dequantize(source),
            self.dequantize(Value(name, forms.Quantization(weight_scale, 0, numpy.int8))),
        ]
        if bias is not None:
            accumulator = forms.Quantization(source.quantization.scale * weight_scale, 0, numpy.int32)
            inputs.append(self.dequantize(Value(self.constant(bias, operation.name + ".bias"), accumulator)))
        attributes["kernel_shape"] = list(weights.shape[2:])
        return self.activate(self.node("Conv", inputs, operation.name + ".conv", **attributes), operation)

    def convolution(self, operation, source):
        weights, weight_scale, bias = self.parameters(operation, source)
        if operation.kind == "depthwise-conv2d-fix":
            weights, groups = weights.transpose(3, 0, 1, 2), weights.shape[3]
        else:
            weights, groups = weights.transpose(TO_NCHW), 1
        left, right, top, bottom = operation.attributes.get("pad", [0, 0, 0, 0])
        return self.linear(
            operation,
            source,
            weights,
            weight_scale,
            bias,
            strides=operation.attributes["stride"][::-1],
            dilations=operation.attributes.get("dilation", [1, 1])[::-1],
            pads=[top, left, bottom, right],
            group=groups,
        )

    def transposed_convolution(self, operation, source):
        stored, weight_scale, bias = self.parameters(operation, source)
        kernel, stride = operation.attributes["kernel"][::-1], operation.attributes["stride"][::-1]
        left, _, top, _ = operation.attributes.get("pad", [0, 0, 0, 0])
        _, in_h, in_w, _ = self.operations[operation.inputs()[0]].shape
        batch, out_h, out_w, out_c = operation.shape
        if (out_h, out_w) != (in_h * stride[0], in_w * stride[1]):
            raise NotImplementedError(f"{operation.name}: output is not stride times the input")
        widened = self.form.transposed == "subpixel"
        border = (kernel[0] - 1 - top, kernel[1] - 1 - left)
        raster = transposed.raster_kernel(stored, kernel, stride)
        phases = transposed.phase_convolutions(raster, stride, border, widened)
        if widened:
            weights = numpy.concatenate([weights for weights, _ in phases])
            bias = None if bias is None else numpy.tile(bias, len(phases))
            value = self.linear(operation, source, weights, weight_scale, bias, pads=phases[0][1])
        else:
            parts = [
                self.linear(operation, source, weights, weight_scale, bias, pads=pads) for weights, pads in phases
            ]
            joined = self.node("Concat", [part.name for part in parts], operation.name + ".phases", axis=1)
            value = dataclasses.replace(parts[0], name=joined)
        # Depth to space with the channels innermost: as ONNX Runtime keeps them, so that it moves whole pixels.
        last = self.transpose(value.name, TO_NHWC, operation.name)
        split = self.reshape(last, [batch, in_h, in_w, *stride, out_c], operation.name)
        woven = self.transpose(split, [0, 1, 3, 2, 4, 5], operation.name)
        joined = self.reshape(woven, operation.shape, operation.name)
        return dataclasses.replace(value, name=self.transpose(joined, TO_NCHW, operation.name))

    def pool(self, operation, source):
        left, right, top, bottom = operation.attributes.get("pad", [0, 0, 0, 0])
        attributes = {
            "kernel_shape": operation.attributes["kernel"][::-1],
            "strides": operation.attributes["stride"][::-1],
            "pads": [top, left, bottom, right],
        }
        if operation.attributes["type"] == "MAX":
            name = self.node("MaxPool", [source.name], operation.name, **attributes)
            return self.requantize(dataclasses.replace(source, name=name), operation)
        attributes["count_include_pad"] = 1
        real = self.node("AveragePool", [self.dequantize(source)], operation.name, **attributes)
        return self.activate(real, operation, source.nonnegative)

    def eltwise(self, operation, *sources):
        if operation.attributes["type"] != "ADD":
            raise NotImplementedError(f"{operation.name}: eltwise {operation.attributes['type']}")
        real = self.dequantize(sources[0])
        for source in sources[1:]:
            real = self.node("Add", [real, self.dequantize(source)], operation.name)
        return self.activate(real, operation, all(source.nonnegative for source in sources))

    def concat(self, operation, *sources):
        if operation.attributes["axis"] != 3:
            raise NotImplementedError(f"{operation.name}: concat along axis {operation.attributes['axis']}")
        unchanged = all(self.operations[name].fix_point == operation.fix_point for name in operation.inputs())
        if unchanged and len({source.quantization for source in sources}) == 1:
            name = self.node("Concat", [source.name for source in sources], operation.name, axis=1)
            return dataclasses.replace(sources[0], name=name)
        real = self.node("Concat", [self.dequantize(source) for source in sources], operation.name, axis=1)
        return self.quantize(real, operation, all(source.nonnegative for source in sources))

    def upsample(self, operation, source):
        batch, h, w, c = operation.shape
        _, in_h, in_w, _ = self.operations[operation.inputs()[0]].shape
        corners = operation.attributes.get("align_corners", False)
        centres = operation.attributes.get("half_pixel_centers", False)
        sampling = "align_corners" if corners else "half_pixel" if centres else "asymmetric"
        sizes = numpy.array([batch, c, h, w], numpy.int64)
        if operation.attributes["mode"] != "NEAREST":
            real = self.node(
                "Resize",
                [self.dequantize(source), "", "", self.constant(sizes, operation.name + ".sizes")],
                operation.name,
                mode="linear",
                coordinate_transformation_mode=sampling,
            )
            return self.activate(real, operation, source.nonnegative)
        if self.form.nearest == "concat" and not corners and h % in_h == 0 and w % in_w == 0:
            last = self.transpose(source.name, TO_NHWC, operation.name)
            wide = self.node("Concat", [last] * (w // in_w), operation.name, axis=3)
            rows = self.reshape(wide, [batch, in_h, 1, w * c], operation.name)
            high = self.node("Concat", [rows] * (h // in_h), operation.name, axis=2)
            joined = self.reshape(high, operation.shape, operation.name)
            name = self.transpose(joined, TO_NCHW, operation.name)
        else:
            name = self.node(
                "Resize",
                [source.name, "", "", self.constant(sizes, operation.name + ".sizes")],
                operation.name,
                mode="nearest",
                nearest_mode="round_prefer_ceil" if corners else "floor",
                coordinate_transformation_mode=sampling,
            )
        return self.requantize(dataclasses.replace(source, name=name), operation)

    def reshaped(self, operation, source):
        name = source.name
        if len(self.operations[operation.inputs()[0]].shape) == 4:
            name = self.transpose(name, TO_NHWC, operation.name)
        name = self.reshape(name, operation.shape, operation.name)
        if len(operation.shape) == 4:
            name = self.transpose(name, TO_NCHW, operation.name)
        return dataclasses.replace(source, name=name)


def build(partition, form=forms.Form()):
    """The QDQ ONNX network of a partition in a form."""
    return Builder(partition, form).build()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=pathlib.Path, help="a compiled .xmodel")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True, help="where the .onnx goes")
    parser.add_argument("--activations", choices=forms.ACTIVATIONS, default=forms.ACTIVATIONS[0])
    parser.add_argument("--transposed", choices=forms.TRANSPOSED, default=forms.TRANSPOSED[0])
    parser.add_argument("--nearest", choices=forms.NEAREST, default=forms.NEAREST[0])
    parser.add_argument("--subgraph", type=int, default=0, help="which DPU subgraph, from 0")
    options = parser.parse_args()
    partitions = xmodel.read_partitions(options.model)
    if not 0 <= options.subgraph < len(partitions):
        sys.exit(f"{options.model}: {len(partitions)} DPU subgraphs, no number {options.subgraph}")
    form = forms.Form(options.activations, options.transposed, options.nearest)
    try:
        network = build(partitions[options.subgraph], form)
    except NotImplementedError as error:
        sys.exit(f"{options.model}: no ONNX form for {error}")
    onnx.save(network.model, options.output)


if __name__ == "__main__":
    main()
