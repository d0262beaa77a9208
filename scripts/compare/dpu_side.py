"""The software DPU's side of the comparison: the package's `bench --driven` as a child process."""

import json
import pathlib
import subprocess

import numpy


class DPUSide:
    """One network on the software DPU; the process waits on its standard input between the slices."""

    def __init__(self, bench, model, threads, seed, isa=None):
        command = [str(bench), "--driven", str(model), "--threads", str(threads), "--seed", str(seed)]
        if isa:
            command += ["--isa", isa]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.description = self._answer(" ".join(command))

    def _answer(self, asked):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"bench ended without an answer to {asked!r}, exit code {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"bench: {answer['error']}")
        return answer

    def _ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self._answer(command)

    def run(self, count):
        """Nanoseconds of each of `count` runs, and nanoseconds that all threads computed."""
        answer = self._ask(f"run {count}")
        return answer["nanoseconds"], answer["processorNanoseconds"]

    def outputs(self, folder):
        """The int8 results of the last run, each in its shape."""
        results = []
        for index, port in enumerate(self.description["outputs"]):
            path = pathlib.Path(folder) / f"output-{index}.bin"
            self._ask(f"output {index} {path}")
            results.append(numpy.fromfile(path, numpy.int8).reshape(port["shape"]))
        return results

    def close(self):
        self.process.stdin.close()
        self.process.wait()
