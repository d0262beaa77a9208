"""Asks a running `dpu serve` everything that the unmodified tritonclient can ask of the extensions that it has.

    serving_tritonclient.py ADDRESS MODEL             everything, of a model that gives no row of classes
    serving_tritonclient.py ADDRESS MODEL LABEL...    the classes of a model that gives a row of so many

Prints as JSON: {"checks": [names of what was found right], "failures": [texts]}
"""

import concurrent.futures
import json
import sys
import urllib.request

import numpy
import tritonclient.http as triton
from prometheus_client.parser import text_string_to_metric_families
from tritonclient.utils import InferenceServerException

CHECKS, FAILURES = [], []
# What is there on every device; the parser leaves the _total of counters out.
METRICS = {
    "dpu_build_info": "gauge", "dpu_device_info": "gauge", "dpu_ready": "gauge", "dpu_http_responses": "counter",
    "dpu_inference_requests": "counter", "dpu_inferences": "counter", "dpu_executions": "counter",
    "dpu_request_duration_seconds": "histogram", "dpu_stage_duration_seconds": "histogram", "dpu_queue_depth": "gauge",
    "dpu_jobs_underway": "gauge", "dpu_core_busy_seconds": "counter", "dpu_core_in_use": "gauge",
    "dpu_job_failures": "counter", "dpu_job_timeouts": "counter", "dpu_core_losses": "counter",
    "dpu_self_checks": "counter",
}


def check(name):
    """Runs a function, and notes how it came out."""

    def run(function):
        try:
            function()
            CHECKS.append(name)
        except Exception as error:  # whatever it raises is the finding
            FAILURES.append(f"{name}: {type(error).__name__}: {error}")

    return run


def expect(condition, words):
    if not condition:
        raise AssertionError(words)


def refused(function, status):
    """The words of an error with that status."""
    try:
        function()
    except InferenceServerException as error:
        expect(error.status() == str(status), f"status {error.status()} in place of {status}: {error.message()}")
        return error.message()
    raise AssertionError("nothing was refused")


def classes(address, model, labels):
    """Asks for the greatest numbers of a row in the form value:index:label."""
    client = triton.InferenceServerClient(address)
    metadata = client.get_model_metadata(model)
    output = metadata["outputs"][0]["name"]
    random = numpy.random.default_rng(7)

    @check("classes of a row, as JSON and as bytes")
    def _():
        orders = set()
        for _ in range(8):
            # Pictures of one colour each: noise would be of the same class every time.
            values = numpy.empty(metadata["inputs"][0]["shape"], numpy.int8)
            values[:] = random.integers(-128, 128, values.shape[-1], dtype=numpy.int8)
            made = triton.InferInput(metadata["inputs"][0]["name"], list(values.shape), "INT8")
            made.set_data_from_numpy(values, binary_data=True)
            row = client.infer(model, [made]).as_numpy(output).reshape(-1)
            expect(len(row) == len(labels), row)
            # The greatest first, of equals the one that comes first.
            order = numpy.argsort(-row, kind="stable")
            orders.add(tuple(order))
            for count in range(1, len(row) + 1):
                for binary in [False, True]:
                    wanted = [triton.InferRequestedOutput(output, binary_data=binary, class_count=count)]
                    answer = client.infer(model, [made], outputs=wanted)
                    expect(answer.get_output(output)["datatype"] == "BYTES", answer.get_output(output))
                    expect(answer.get_output(output)["shape"] == [1, count], answer.get_output(output))
                    found = answer.as_numpy(output)
                    expect(found.shape == (1, count), found)
                    texts = [text.decode() if binary else text for text in found.reshape(-1)]
                    for text, place in zip(texts, order):
                        value, index, label = text.split(":")
                        expect(numpy.float32(value) == row[place], (texts, row))
                        expect(int(index) == place and label == labels[place], (texts, row))
        expect(len(orders) > 1, f"every picture has the order {orders}")

    client.close()


def main():
    address, model, *labels = sys.argv[1:]
    if labels:
        classes(address, model, labels)
    else:
        everything(address, model)
    json.dump({"checks": CHECKS, "failures": FAILURES}, sys.stdout)


def everything(address, model):
    client = triton.InferenceServerClient(address, concurrency=8)
    metadata = client.get_model_metadata(model)
    shape = metadata["inputs"][0]["shape"]
    name, output = metadata["inputs"][0]["name"], metadata["outputs"][0]["name"]
    point = metadata["inputs"][0]["parameters"]["fix_point"]
    random = numpy.random.default_rng(7)
    whole = random.integers(-128, 128, shape, dtype=numpy.int8)
    real = (whole.astype(numpy.float32) * 2.0**-point).astype(numpy.float32)

    def tensor(values, datatype, binary):
        made = triton.InferInput(name, list(values.shape), datatype)
        made.set_data_from_numpy(values, binary_data=binary)
        return made

    def infer(values, datatype, binary=True, binary_out=True, **rest):
        wanted = [triton.InferRequestedOutput(output, binary_data=binary_out)]
        return client.infer(model, [tensor(values, datatype, binary)], outputs=rest.pop("outputs", wanted), **rest)

    reference = infer(real, "FP32").as_numpy(output)

    @check("health")
    def _():
        expect(client.is_server_live() and client.is_server_ready() and client.is_model_ready(model), "not ready")
        expect(client.is_model_ready(model, "1"), "version 1 is not ready")
        expect(not client.is_model_ready(model, "99") and not client.is_model_ready("nobody"), "ready, but there is none")

    @check("server metadata")
    def _():
        found = client.get_server_metadata()
        expect(found["name"] == "swift-dpu" and "binary_tensor_data" in found["extensions"], found)

    @check("model metadata and configuration")
    def _():
        expect(metadata["platform"] == "vitisai_xmodel" and metadata["inputs"][0]["datatype"] == "FP32", metadata)
        configuration = client.get_model_config(model)
        expect(configuration["input"][0]["dims"] == shape, configuration)

    @check("inputs as FP32 and INT8, as JSON and as bytes, give the same")
    def _():
        for values, datatype in [(real, "FP32"), (whole, "INT8")]:
            for binary in [False, True]:
                for binary_out in [False, True]:
                    found = infer(values, datatype, binary, binary_out).as_numpy(output)
                    expect(found.dtype == numpy.float32, found.dtype)
                    expect(numpy.array_equal(found, reference), (datatype, binary, binary_out))

    @check("inputs as UINT8 are the numbers that they are")
    def _():
        pixels = random.integers(0, 3, shape, dtype=numpy.uint8)
        expect(
            numpy.array_equal(
                infer(pixels, "UINT8").as_numpy(output), infer(pixels.astype(numpy.float32), "FP32").as_numpy(output)),
            "another answer")

    @check("all outputs where none is named")
    def _():
        found = client.infer(model, [tensor(real, "FP32", True)])
        expect(numpy.array_equal(found.as_numpy(output), reference), "another answer")

    @check("request ids, versions, priorities and timeouts")
    def _():
        found = infer(real, "FP32", request_id="a b", priority=1, timeout=10_000_000, model_version="1").get_response()
        expect(found["id"] == "a b" and found["model_version"] == "1" and found["model_name"] == model, found)
        words = refused(lambda: infer(real, "FP32", timeout=1), 503)
        expect("time" in words, words)

    @check("no classes of what is no row")
    def _():
        expect(reference.size != reference.shape[-1], "the model gives a row")
        for binary_out in [False, True]:
            wanted = [triton.InferRequestedOutput(output, binary_data=binary_out, class_count=2)]
            words = refused(lambda: infer(real, "FP32", outputs=wanted), 400)
            expect("classification" in words, words)

    @check("the version that is served by its number, no other one")
    def _():
        expect(client.get_model_metadata(model, "1") == metadata, "another answer")
        expect(client.get_model_config(model, "1") == client.get_model_config(model), "another answer")
        found = client.get_inference_statistics(model, "1")["model_stats"]
        expect([(row["name"], row["version"]) for row in found] == [(model, "1")], found)
        for function in [client.get_model_metadata, client.get_model_config, client.get_inference_statistics]:
            words = refused(lambda: function(model, "99"), 404)
            expect("99" in words, words)
        refused(lambda: infer(real, "FP32", model_version="99"), 404)

    @check("headers and parameters of addresses that mean nothing here, and answers that may be compressed")
    def _():
        more = {"headers": {"X-Request": "1"}, "query_params": {"a": "b", "c": ["d e", "f"]}}
        expect(client.is_server_ready(**more) and client.is_model_ready(model, **more), "not ready")
        expect(client.get_model_metadata(model, **more) == metadata, "another answer")
        expect(numpy.array_equal(infer(real, "FP32", **more).as_numpy(output), reference), "another answer")
        for form in ["gzip", "deflate"]:
            found = infer(real, "FP32", response_compression_algorithm=form).as_numpy(output)
            expect(numpy.array_equal(found, reference), "another answer")

    @check("what the client builds and parses for others to send")
    def _():
        wanted = [triton.InferRequestedOutput(output, binary_data=True)]
        data, length = triton.InferenceServerClient.generate_request_body([tensor(whole, "INT8", True)], outputs=wanted)
        request = urllib.request.Request(
            f"http://{address}/v2/models/{model}/infer", data=data, method="POST",
            headers={"Inference-Header-Content-Length": str(length)})
        with urllib.request.urlopen(request) as answer:
            found = triton.InferenceServerClient.parse_response_body(
                answer.read(), header_length=int(answer.headers["Inference-Header-Content-Length"]))
        expect(numpy.array_equal(found.as_numpy(output), reference), "another answer")

    @check("outputs in the model's own numbers")
    def _():
        if "parameters" not in metadata["outputs"][0]:
            words = refused(lambda: infer(whole, "INT8", parameters={"output_datatype": "INT8"}), 400)
            expect("INT8" in words, words)
            return
        point = metadata["outputs"][0]["parameters"]["fix_point"]
        for binary_out in [False, True]:
            own = infer(whole, "INT8", binary_out=binary_out, parameters={"output_datatype": "INT8"}).as_numpy(output)
            expect(own.dtype == numpy.int8, own.dtype)
            expect(numpy.array_equal(own * 2.0**-point, reference), "another answer")

    @check("raw bodies")
    def _():
        for values in [real, whole]:
            request = urllib.request.Request(
                f"http://{address}/v2/models/{model}/infer", data=values.tobytes(), method="POST",
                headers={"Inference-Header-Content-Length": "0"})
            with urllib.request.urlopen(request) as answer:
                count = int(answer.headers["Inference-Header-Content-Length"])
                body = answer.read()
            expect(json.loads(body[:count])["outputs"][0]["name"] == output, body[:count])
            expect(numpy.array_equal(numpy.frombuffer(body[count:][:reference.nbytes], numpy.float32), reference.reshape(-1)), "another answer")

    @check("async infer")
    def _():
        jobs = [client.async_infer(model, [tensor(real, "FP32", True)]) for _ in range(32)]
        for job in jobs:
            expect(numpy.array_equal(job.get_result().as_numpy(output), reference), "another answer")

    @check("concurrent clients")
    def _():
        def one(number):
            own = triton.InferenceServerClient(address)
            values = random_inputs[number]
            found = own.infer(model, [tensor(values, "INT8", number % 2 == 0)]).as_numpy(output)
            own.close()
            return found

        random_inputs = [random.integers(-128, 128, shape, dtype=numpy.int8) for _ in range(24)]
        expected = [infer(values, "INT8").as_numpy(output) for values in random_inputs]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for found, right in zip(pool.map(one, range(24)), expected):
                expect(numpy.array_equal(found, right), "an answer to another's request")

    @check("errors in words")
    def _():
        words = refused(lambda: infer(real.reshape(-1), "FP32"), 400)
        expect("shape" in words, words)
        words = refused(lambda: infer(real.astype(numpy.float64), "FP64"), 400)
        expect("FP64" in words, words)
        wanted = [triton.InferRequestedOutput("nothing")]
        words = refused(lambda: infer(real, "FP32", outputs=wanted), 400)
        expect("nothing" in words, words)
        refused(lambda: client.get_model_metadata("nobody"), 404)
        refused(lambda: client.get_trace_settings(), 501)
        refused(lambda: infer(real, "FP32", sequence_id=5), 501)
        refused(lambda: infer(real, "FP32", request_compression_algorithm="gzip"), 415)

    @check("statistics")
    def _():
        before = client.get_inference_statistics(model)["model_stats"][0]
        infer(real, "FP32")
        after = client.get_inference_statistics()["model_stats"]
        found = [row for row in after if row["name"] == model][0]
        expect(found["inference_count"] == before["inference_count"] + 1, found)
        expect(found["inference_stats"]["compute_infer"]["ns"] > 0, found)

    @check("repository: index, unload, load")
    def _():
        states = {row["name"]: row["state"] for row in client.get_model_repository_index()}
        expect(states[model] == "READY", states)
        client.unload_model(model)
        expect(not client.is_model_ready(model), "still ready")
        refused(lambda: infer(real, "FP32"), 503)
        client.load_model(model)
        expect(numpy.array_equal(infer(real, "FP32").as_numpy(output), reference), "another answer")
        refused(lambda: client.load_model("nobody"), 404)
        refused(lambda: client.load_model(model, config="{}"), 501)
        words = refused(lambda: client.load_model(model, config="{}", files={"file:1/model.xmodel": b"x"}), 501)
        expect("parameters" in words, words)
        words = refused(lambda: client.load_model(model, files={"file:1/model.xmodel": b"x"}), 501)
        expect("parameters" in words, words)
        client.unload_model(model, unload_dependents=True)
        expect(not client.is_model_ready(model), "still ready")
        client.load_model(model)
        expect(client.is_model_ready(model), "not ready")

    @check("unloading answers what is under way")
    def _():
        jobs = [client.async_infer(model, [tensor(real, "FP32", True)]) for _ in range(32)]
        client.unload_model(model)
        answers = {"right": 0, "refused": 0}
        for job in jobs:
            try:
                expect(numpy.array_equal(job.get_result().as_numpy(output), reference), "another answer")
                answers["right"] += 1
            except InferenceServerException as error:
                expect(error.status() == "503", error)
                answers["refused"] += 1
        client.load_model(model)
        expect(sum(answers.values()) == 32, answers)
        expect(client.is_model_ready(model), "not ready")

    @check("extensions that there are not")
    def _():
        for function in [
            client.get_system_shared_memory_status, client.get_cuda_shared_memory_status, client.get_log_settings,
            lambda: client.update_log_settings({"log_info": True}), lambda: client.update_trace_settings(settings={}),
            lambda: client.register_system_shared_memory("r", "/r", 4), lambda: client.unregister_system_shared_memory(),
            lambda: client.register_cuda_shared_memory("r", b"eA==", 0, 4),
            lambda: client.unregister_cuda_shared_memory(),
        ]:
            words = refused(function, 501)
            expect("GET /v2 lists" in words, words)

    @check("metrics")
    def _():
        with urllib.request.urlopen(f"http://{address}/metrics") as answer:
            text = answer.read().decode()
        families = {family.name: family for family in text_string_to_metric_families(text)}
        for name, kind in METRICS.items():
            expect(name in families, f"{name} is missing")
            expect(families[name].type == kind, f"{name} is a {families[name].type}")
            expect(families[name].documentation, f"{name} says nothing of itself")
        stages = {s.labels["stage"] for s in families["dpu_stage_duration_seconds"].samples}
        expect(stages == {"decode", "queue", "preprocess", "device", "postprocess", "encode"}, stages)
        expect(families["dpu_inference_requests"].type == "counter", families.keys())
        expect(families["dpu_request_duration_seconds"].type == "histogram", families.keys())
        count = [s.value for s in families["dpu_inferences"].samples if s.labels["model"] == model]
        expect(count and count[0] >= 1, families["dpu_inferences"].samples)

    client.close()


if __name__ == "__main__":
    main()
