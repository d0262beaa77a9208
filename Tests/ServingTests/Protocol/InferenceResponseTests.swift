import JSONValues
import Serving
import Tensors
import Testing

@Suite struct InferenceResponseTests {
  static let ports = [
    ServedTensor(name: "a", shape: Shape([1, 3]), fixPoint: FixPoint(1)),
    ServedTensor(name: "b", shape: Shape([2]), fixPoint: nil),
  ]
  static let tensors: [[UInt8]] = [[1, 255, 4], [0, 0, 0x80, 0x3F, 0xCD, 0xCC, 0xCC, 0x3D]]

  static func answer(
    _ outputs: String, parameters: String = "{}", losses: InputTensor.Losses = .init(), tensors: [[UInt8]] = tensors
  ) throws(ServingError) -> HTTPResponse {
    let text =
      #"{"id":"7","parameters":\#(parameters),"inputs":[{"name":"i","shape":[1],"datatype":"FP32","data":[1]}],"outputs":\#(outputs)}"#
    let request = try InferenceRequest(Array(text.utf8), headerByteCount: nil)
    let forms = try OutputForm.forms(of: request, ports: ports, model: "m")
    return try InferenceResponse(model: "m", version: "1", id: request.id, losses: losses, labels: ["x", "y\"", "z"])
      .http(forms, tensors: forms.map { tensors[$0.index] }, ports: ports)
  }

  @Test("writes all outputs as JSON where nothing else is wished")
  func json() throws {
    let response = try Self.answer("[]")
    #expect(
      String(decoding: response.body, as: UTF8.self)
        == #"{"model_name":"m","model_version":"1","id":"7","outputs":[{"name":"a","datatype":"FP32","shape":[1,3],"#
        + #""data":[0.5,-0.5,2.0]},{"name":"b","datatype":"FP32","shape":[2],"data":[1.0,0.1]}]}"#)
    #expect(response.headers.values("Content-Type") == ["application/json"])
    #expect(response.headers.values("Inference-Header-Content-Length").isEmpty)
    _ = try JSONReader.read(response.body)
  }

  @Test("writes bytes behind the JSON, in the order of the outputs, each as wished")
  func binary() throws {
    let response = try Self.answer(
      #"[{"name":"b"},{"name":"a","parameters":{"datatype":"INT8"}}]"#,
      parameters: #"{"binary_data_output":true}"#)
    let count = try #require(Int(response.headers.values("Inference-Header-Content-Length").first ?? ""))
    #expect(
      String(decoding: response.body.prefix(count), as: UTF8.self)
        == #"{"model_name":"m","model_version":"1","id":"7","outputs":[{"name":"b","datatype":"FP32","shape":[2],"#
        + #""parameters":{"binary_data_size":8}},{"name":"a","datatype":"INT8","shape":[1,3],"parameters":{"binary_data_size":3}}]}"#
    )
    #expect(Array(response.body.dropFirst(count)) == Self.tensors[1] + Self.tensors[0])
  }

  @Test("writes int8 as the real numbers that they stand for")
  func dequantized() throws {
    let response = try Self.answer(#"[{"name":"a","parameters":{"binary_data":true}}]"#)
    let count = try #require(Int(response.headers.values("Inference-Header-Content-Length").first ?? ""))
    #expect(Array(response.body.dropFirst(count)) == [0, 0, 0, 0x3F, 0, 0, 0, 0xBF, 0, 0, 0, 0x40])
  }

  @Test("names the best classes, of equals the first, at most as many as there are")
  func classes() throws {
    let two = try Self.answer(#"[{"name":"a","parameters":{"classification":2}}]"#)
    #expect(
      String(decoding: two.body, as: UTF8.self).hasSuffix(
        #"{"name":"a","datatype":"BYTES","shape":[1,2],"data":["2.0:2:z","0.5:0:x"]}]}"#))
    let all = try Self.answer(
      #"[{"name":"a","parameters":{"classification":9}}]"#, tensors: [[4, 4, 4], Self.tensors[1]])
    #expect(
      String(decoding: all.body, as: UTF8.self).hasSuffix(
        #""shape":[1,3],"data":["2.0:0:x","2.0:1:y\"","2.0:2:z"]}]}"#))
    let binary = try Self.answer(#"[{"name":"b","parameters":{"classification":1,"binary_data":true}}]"#)
    #expect(Array(binary.body.suffix(11)) == [7, 0, 0, 0] + Array("1.0:0:x".utf8))
    #expect(String(decoding: binary.body, as: UTF8.self).contains(#""shape":[1],"parameters":{"binary_data_size":11}"#))
  }

  @Test("tells what was lost on the way in")
  func losses() throws {
    var losses = InputTensor.Losses()
    (losses.saturated, losses.notANumber) = (5, 1)
    let body = String(decoding: try Self.answer("[]", losses: losses).body, as: UTF8.self)
    #expect(body.contains(#""parameters":{"saturated":5,"not_a_number":1},"outputs""#))
  }

  @Test(
    "refuses outputs that the model does not have in that form",
    arguments: [
      (#"[{"name":"c"}]"#, "outputs[0].name: found \"c\", the outputs of \"m\" are \"a\", \"b\""),
      (#"[{"name":"b","parameters":{"datatype":"INT8"}}]"#, "outputs[0]: \"b\" is a tensor of FP32"),
      (#"[{"name":"a"},{"name":"a"}]"#, "outputs[1].name: found \"a\" a second time"),
    ])
  func refusals(outputs: String, words: String) {
    var found = "no error"
    do throws(ServingError) { _ = try Self.answer(outputs) } catch { found = error.message }
    #expect(found.hasPrefix(words), "\(found)")
  }

  @Test("a number that JSON has no word for is an error, and no wrong number")
  func notANumber() throws {
    let nan: [UInt8] = [0, 0, 0x80, 0x3F, 0, 0, 0xC0, 0x7F]
    var status = 0
    do throws(ServingError) { _ = try Self.answer(#"[{"name":"b"}]"#, tensors: [Self.tensors[0], nan]) } catch {
      status = error.status
    }
    #expect(status == 500)
    let binary = try Self.answer(
      #"[{"name":"b","parameters":{"binary_data":true}}]"#, tensors: [Self.tensors[0], nan])
    #expect(Array(binary.body.suffix(8)) == nan)
  }
}
