import Inference
import JSONValues
import Serving
import Tensors

/// Gives one input of the fuzzer to what reads requests, and does with it what an inference does.
///
/// The first byte says how the rest is cut into head and body; the whole is taken for a request and asked of a service.
/// Errors are answers; a trap, a read outside the input, or an answer that is not JSON is a find.
func fuzzHTTP(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  attempt { () throws(ServingError) in
    _ = try Route(method: "GET", target: String(decoding: bytes, as: UTF8.self))
  }
  readJSON(bytes)
  service.ask(bytes)
  attempt { () throws(ServingError) in try infer(bytes, headerByteCount: nil) }
  guard let first = bytes.first else { return 0 }
  let rest = Array(bytes.dropFirst())
  attempt { () throws(ServingError) in try infer(rest, headerByteCount: rest.count - min(rest.count, Int(first % 32))) }
  return 0
}

private let service = ServiceTarget()

private let ports = [
  ServedTensor(name: "a", shape: Shape([1, 2, 3]), fixPoint: FixPoint(4)),
  ServedTensor(name: "b", shape: Shape([2]), fixPoint: nil),
]

private func infer(_ body: [UInt8], headerByteCount: Int?) throws(ServingError) {
  let request = try InferenceRequest(body, headerByteCount: headerByteCount)
  for port in ports {
    attempt { () throws(ServingError) in
      let tensor =
        try request.isRaw ? InputTensor(raw: body, for: port) : InputTensor(request.inputs[0], of: body, for: port)
      var buffer = [UInt8](repeating: 0, count: port.byteCount)
      _ = buffer.withUnsafeMutableBytes { tensor.fill($0) }
    }
  }
  let forms = try OutputForm.forms(of: request, ports: ports, model: "m")
  let response = try InferenceResponse(model: "m", version: "1", id: request.id, losses: .init(), labels: ["x"])
    .http(forms, tensors: forms.map { [UInt8](repeating: 1, count: ports[$0.index].byteCount) }, ports: ports)
  let jsonByteCount = response.headers.values("Inference-Header-Content-Length").first.flatMap { Int($0) }
  do throws(JSONError) {
    _ = try JSONReader.read(Array(response.body.prefix(jsonByteCount ?? response.body.count)))
  } catch {
    preconditionFailure("an answer that is not JSON: \(error)")
  }
}

private func readJSON(_ bytes: [UInt8]) {
  do throws(JSONError) {
    let value = try JSONReader.read(bytes)
    let again = try JSONReader.read(Array(value.compactText.utf8))
    precondition(again.compactText == value.compactText, "JSON that changes when it is written and read")
  } catch {
    precondition(!error.message.isEmpty, "an error without words")
  }
}

private func attempt(_ body: () throws(ServingError) -> Void) {
  do throws(ServingError) { try body() } catch { precondition(!error.message.isEmpty, "an error without words") }
}
