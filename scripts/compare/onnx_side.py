"""ONNX Runtime's side of the comparison, in this process."""

import time

import numpy
import onnxruntime

import forms
import onnx_builder

_WARM_UP, _ROUNDS, _RUNS = 3, 8, 5


class OnnxSide:
    """One network in one form with its tensors bound: nothing but the network runs between two clock readings."""

    def __init__(self, network, frames, threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        # Threads spin while a run lasts, as is the default, and leave the processor to the other side afterwards.
        options.add_session_config_entry("session.force_spinning_stop", "1")
        self.network = network
        self.threads = threads
        self.session = onnxruntime.InferenceSession(
            network.model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        self.binding = self.session.io_binding()
        for port, frame in zip(network.inputs, frames):
            value = onnxruntime.OrtValue.ortvalue_from_numpy(port.feed(frame))
            self.binding.bind_ortvalue_input(port.name, value)
        self.results = []
        for port in network.outputs:
            value = onnxruntime.OrtValue.ortvalue_from_shape_and_type(port.shape, port.quantization.element)
            self.binding.bind_ortvalue_output(port.name, value)
            self.results.append(value)

    def run(self, count):
        """Nanoseconds of each of `count` runs, and nanoseconds that all threads computed."""
        clock, processor_clock = time.perf_counter_ns, time.process_time_ns
        run, binding = self.session.run_with_iobinding, self.binding
        times, processor_times = [], []
        for _ in range(count):
            processor_start = processor_clock()
            start = clock()
            run(binding)
            times.append(clock() - start)
            processor_times.append(processor_clock() - processor_start)
        return times, processor_times

    def outputs(self):
        """The results of the last run in units of the DPU's fix points, NHWC."""
        return [port.read(value.numpy()) for port, value in zip(self.network.outputs, self.results)]


def all_sides(partition, frames, threads, candidates=None):
    """The partition in every form, or in those given."""
    return [
        OnnxSide(onnx_builder.build(partition, form), frames, threads)
        for form in candidates or forms.forms_of(partition)
    ]


def fastest(sides):
    """The side whose form runs fastest here, by best time, and the best milliseconds of each form.

    On one thread it is the processor time, which other processes disturb less; several threads spin while they wait.
    """
    clock = 1 if all(side.threads == 1 for side in sides) else 0
    times = [[] for _ in sides]
    for _ in range(_ROUNDS):
        for side, measured in zip(sides, times):
            side.run(_WARM_UP)
            measured += side.run(_RUNS)[clock]
    best = [min(measured) for measured in times]
    trials = {str(side.network.form): round(time / 1e6, 4) for side, time in zip(sides, best)}
    return sides[best.index(min(best))], trials


def golden_frame(shape, seed):
    """An int8 tensor by the rule of the golden vectors: the high bytes of splitmix64."""
    count = int(numpy.prod(shape))
    state = (numpy.uint64(seed) + numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15))
    mixed = (state ^ (state >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> numpy.uint64(31)
    return (mixed >> numpy.uint64(56)).astype(numpy.uint8).view(numpy.int8).reshape(shape)
