import Inference
import Serving
import Tensors
import Testing

@Suite struct InferenceRequestTests {
  static let port = ServedTensor(name: "in", shape: Shape([1, 2, 3]), fixPoint: FixPoint(4))

  static func request(
    _ text: String, behind bytes: [UInt8] = [], headerByteCount: Int? = nil
  ) throws(ServingError) -> InferenceRequest {
    try InferenceRequest(Array(text.utf8) + bytes, headerByteCount: headerByteCount)
  }

  /// The int8 numbers that a request puts into the model's input.
  static func int8(_ request: InferenceRequest) throws(ServingError) -> [Int8] {
    let tensor = try InputTensor(request.inputs[0], of: request.body, for: port)
    var values = [Int8](repeating: 99, count: 6)
    _ = values.withUnsafeMutableBytes { tensor.fill($0) }
    return values
  }

  static func input(_ datatype: String, _ data: String, shape: String = "[1,2,3]") -> String {
    #"{"inputs":[{"name":"in","shape":\#(shape),"datatype":"\#(datatype)","data":\#(data)}]}"#
  }

  @Test(
    "reads elements, flat or nested, of each datatype",
    arguments: [
      ("INT8", "[1,-2,3,127,-128,0]", [1, -2, 3, 127, -128, 0]),
      ("INT8", "[[[1,-2,3],[127,-128,0]]]", [1, -2, 3, 127, -128, 0]),
      ("UINT8", "[0,1,2,7,8,255]", [0, 16, 32, 112, 127, 127]),
      ("FP32", "[0.5,-0.25,1e1, 0.03125,-0.03125,1]", [8, -4, 127, 1, 0, 16]),
      ("FP32", "[[[1,1,1],[2,2,2]]]", [16, 16, 16, 32, 32, 32]),
    ])
  func elements(datatype: String, data: String, expected: [Int8]) throws {
    #expect(try Self.int8(Self.request(Self.input(datatype, data))) == expected)
  }

  @Test("reads bytes behind the JSON, and the data before its shape")
  func binary() throws {
    let text =
      #"{"inputs":[{"parameters":{"binary_data_size":6},"shape":[1,2,3],"datatype":"INT8","name":"in"},"#
      + #"{"data":[1],"name":"b","shape":[1],"datatype":"FP32"},"#
      + #"{"name":"c","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4}}]}"#
    let request = try Self.request(
      text, behind: [1, 2, 3, 255, 128, 6, 0, 0, 0x80, 0x3F], headerByteCount: text.utf8.count)
    #expect(try Self.int8(request) == [1, 2, 3, -1, -128, 6])
    let other = ServedTensor(name: "c", shape: Shape([1]), fixPoint: nil)
    let tensor = try InputTensor(request.inputs[2], of: request.body, for: other)
    var value: Float = 0
    _ = withUnsafeMutableBytes(of: &value) { tensor.fill($0) }
    #expect(value == 1)
  }

  @Test("converts bytes of every datatype for tensors of both kinds, and counts what is lost")
  func conversion() throws {
    func fill(_ datatype: String, _ bytes: [UInt8], _ fixPoint: FixPoint?) throws -> ([UInt8], InputTensor.Losses) {
      let count = datatype == "FP32" ? bytes.count / 4 : bytes.count
      let text =
        #"{"inputs":[{"name":"x","shape":[\#(count)],"datatype":"\#(datatype)","parameters":{"binary_data_size":\#(bytes.count)}}]}"#
      let request = try Self.request(text, behind: bytes, headerByteCount: text.utf8.count)
      let port = ServedTensor(name: "x", shape: Shape([count]), fixPoint: fixPoint)
      let tensor = try InputTensor(request.inputs[0], of: request.body, for: port)
      var result = [UInt8](repeating: 0xAA, count: port.byteCount)
      let losses = result.withUnsafeMutableBytes { tensor.fill($0) }
      return (result, losses)
    }
    func bytes(_ values: [Float]) -> [UInt8] {
      values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
    }
    let odd = bytes([.nan, .infinity, -100, 0.5, 7.9375, 7.97])
    let (quantized, losses) = try fill("FP32", odd, FixPoint(4))
    #expect(quantized.map { Int8(bitPattern: $0) } == [0, 127, -128, 8, 127, 127])
    #expect(losses.saturated == 3)
    #expect(losses.notANumber == 1)
    #expect(try fill("FP32", odd, nil).0 == odd)
    #expect(try fill("UINT8", [0, 3, 200], FixPoint(4)).0.map { Int8(bitPattern: $0) } == [0, 48, 127])
    #expect(try fill("UINT8", [0, 3, 200], FixPoint(4)).1.saturated == 1)
    #expect(try fill("UINT8", [0, 3, 200], nil).0 == bytes([0, 3, 200]))
    #expect(try fill("INT8", [0, 3, 200], nil).0 == bytes([0, 3, -56]))
    #expect(try fill("INT8", [0, 3, 200], FixPoint(4)).0 == [0, 3, 200])
  }

  @Test("reads id, parameters and wishes for outputs")
  func parameters() throws {
    let text =
      #"{"id":"a","parameters":{"priority":1,"timeout":5000,"binary_data_output":true,"output_datatype":"INT8","own":[1]},"#
      + #""inputs":[{"name":"in","shape":[1],"datatype":"FP32","data":[1]}],"unknown":{"a":[]},"#
      + #""outputs":[{"name":"o","parameters":{"binary_data":false,"classification":3}},{"name":"p"}]}"#
    let request = try Self.request(text)
    #expect(request.id == "a")
    #expect(request.priority == .high)
    #expect(request.timeLimit == .milliseconds(5))
    #expect(request.isBinary)
    #expect(request.outputDatatype == .int8)
    #expect(request.outputs?.map(\.name) == ["o", "p"])
    #expect(request.outputs?[0].isBinary == false)
    #expect(request.outputs?[0].classCount == 3)
    #expect(request.outputs?[1].isBinary == nil)
  }

  @Test(
    "priorities of the protocol: 1 is the most urgent, 0 the server's choice",
    arguments: [(0, JobPriority.normal), (1, .high), (2, .normal), (3, .low), (99, .low)])
  func priority(number: Int, expected: JobPriority) throws {
    let text =
      #"{"parameters":{"priority":\#(number)},"inputs":[{"name":"in","shape":[1],"datatype":"FP32","data":[1]}]}"#
    #expect(try Self.request(text).priority == expected)
  }

  @Test(
    "says which field is wrong, what it holds and what it should",
    arguments: [
      ("", "the request: found the end of the text, expected an object"),
      ("[]", "the request: found '[', expected an object at byte 0"),
      ("{}", "inputs: found none"), (#"{"inputs":[]}"#, "inputs: found none"),
      (#"{"inputs":{}}"#, "inputs: found '{', expected a list"),
      (#"{"inputs":[1]}"#, "inputs[0]: found '1', expected an object"),
      (#"{"inputs":[{}]}"#, "inputs[0].name: found nothing"),
      (#"{"inputs":[{"name":1}]}"#, "inputs[0].name: found '1', expected a text"),
      (#"{"inputs":[{"name":"in"}]}"#, "inputs[0].datatype: found nothing"),
      (
        #"{"inputs":[{"name":"in","datatype":"INT9"}]}"#,
        "inputs[0].datatype: found \"INT9\", expected INT8, UINT8 or FP32"
      ),
      (#"{"inputs":[{"name":"in","datatype":"FP32"}]}"#, "inputs[0].shape: found nothing"),
      (
        #"{"inputs":[{"name":"in","datatype":"FP32","shape":[1.5]}]}"#,
        "inputs[0].shape[0]: found 1.5, expected a whole"
      ),
      (
        #"{"inputs":[{"name":"in","datatype":"FP32","shape":[-1]}]}"#,
        "inputs[0].shape[0]: found -1.0, expected a whole"
      ),
      (
        #"{"inputs":[{"name":"in","datatype":"FP32","shape":[[1]]}]}"#,
        "inputs[0].shape[0]: found '[', expected a digit"
      ),
      (#"{"inputs":[{"name":"in","datatype":"FP32","shape":[1]}]}"#, "inputs[0].data: found nothing"),
      (
        #"{"inputs":[{"name":"in","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":4}}]}"#,
        "inputs[0].parameters.binary_data_size: found 4, but no header Inference-Header-Content-Length"
      ),
      (
        #"{"inputs":[{"name":"in","datatype":"FP32","shape":[1],"data":[1],"parameters":{"binary_data_size":4}}]}"#,
        "inputs[0].data: found beside parameters.binary_data_size"
      ),
      (
        #"{"inputs":[{"name":"in","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":-4}}]}"#,
        "inputs[0].parameters.binary_data_size: found -4, expected a whole number"
      ),
      (
        #"{"inputs":[{"name":"in","datatype":"FP32","shape":[1],"parameters":{"shared_memory_region":"r"}}]}"#,
        "inputs[0].parameters.shared_memory_region: shared memory is not supported"
      ),
      (#"{"id":7,"inputs":[]}"#, "id: found '7', expected a text"),
      (#"{"parameters":[]}"#, "parameters: found a list of 0, expected an object"),
      (#"{"parameters":{"timeout":"x"}}"#, "parameters.timeout: found \"x\", expected a whole number"),
      (#"{"parameters":{"sequence_id":5}}"#, "parameters.sequence_id: requests that belong together"),
      (#"{"id":"a","id":"b"}"#, "the request: found \"id\" twice"),
      (
        #"{"inputs":[{"name":"in","shape":[1],"datatype":"FP32","data":[1]}]} x"#,
        "the request: found 'x', expected the end"
      ),
      (
        #"{"inputs":[{"name":"in","shape":[1],"datatype":"FP32","data":[1]},{"name":"in","shape":[1],"datatype":"FP32","data":[1]}]}"#,
        "inputs[1].name: found \"in\" a second time"
      ),
      (
        #"{"inputs":[{"name":"in","shape":[1],"datatype":"FP32","data":[1]}],"outputs":[{"name":"o","parameters":{"classification":true}}]}"#,
        "outputs[0].parameters.classification: found true, expected a whole number"
      ),
    ])
  func errors(text: String, words: String) {
    var found = "no error"
    do throws(ServingError) { _ = try Self.request(text) } catch { found = error.message }
    #expect(found.hasPrefix(words), "\(found)")
  }

  @Test("lies about lengths are found")
  func lies() {
    func words(_ text: String, _ bytes: [UInt8], _ count: Int) -> String {
      do throws(ServingError) { _ = try Self.request(text, behind: bytes, headerByteCount: count) } catch {
        return error.message
      }
      return "no error"
    }
    func text(_ size: Int) -> String {
      #"{"inputs":[{"name":"in","shape":[1,2,3],"datatype":"INT8","parameters":{"binary_data_size":\#(size)}}]}"#
    }
    let six: [UInt8] = [1, 2, 3, 4, 5, 6]
    #expect(words(text(6), six, text(6).utf8.count) == "no error")
    #expect(words(text(6), six, text(6).utf8.count + 7).contains("the body has only"))
    #expect(words(text(6), six, .max).contains("the body has only"))
    #expect(words(text(6), six, text(6).utf8.count - 1).contains("the text ends"))
    #expect(words(text(6), six, text(6).utf8.count + 1).contains("found 6, but only 5 bytes are left"))
    #expect(words(text(7), six, text(7).utf8.count).contains("found 7, but only 6 bytes are left"))
    #expect(words(text(.max), six, text(.max).utf8.count).contains("but only 6 bytes are left"))
    #expect(words(text(5), six, text(5).utf8.count).contains("1 bytes follow the inputs"))
  }

  @Test(
    "tensors that do not fit the model are refused in words",
    arguments: [
      ("FP64", "[1,2,3,4,5,6]", "[1,2,3]", "inputs[0].datatype: found FP64, expected INT8, UINT8 or FP32"),
      ("FP32", "[1,2,3,4,5,6]", "[1,3,2]", "inputs[0].shape: found [1, 3, 2], expected [1, 2, 3]"),
      ("FP32", "[1,2,3,4,5,6]", "[6]", "inputs[0].shape: found [6], expected [1, 2, 3]"),
      ("FP32", "[1]", "[9223372036854775807,9223372036854775807]", "inputs[0].shape: found [9223372036854775807"),
      ("FP32", "[1,2,3,4,5]", "[1,2,3]", "inputs[0].data: found 5 numbers, expected 6"),
      ("FP32", "[1,2,3,4,5,6,7]", "[1,2,3]", "inputs[0].data: found more than the 6 numbers"),
      ("FP32", "[]", "[1,2,3]", "inputs[0].data: found 0 numbers, expected 6"),
      ("FP32", "7", "[1,2,3]", "inputs[0].data: found '7', expected a list"),
      (
        "FP32", "[[[1,2,3],[4,5]]]", "[1,2,3]", "inputs[0].data[0][1]: found 2 elements, expected the 3 that axis 2 has"
      ),
      ("FP32", "[[[1,2,3]]]", "[1,2,3]", "inputs[0].data[0]: found 1 elements, expected the 2 that axis 1 has"),
      ("FP32", "[[1,2,3],[4,5,6]]", "[1,2,3]", "inputs[0].data: found '1', expected a list"),
      ("FP32", "[[[1,2,3,4],[5,6]]]", "[1,2,3]", "inputs[0].data[0][0]: found more than the 3 elements"),
      ("FP32", "[[[],[]]]", "[1,2,3]", "inputs[0].data[0][0]: found 0 elements"),
      ("FP32", "[1,2,3,4,5,\"6\"]", "[1,2,3]", "inputs[0].data: found '\"', expected a digit"),
      ("FP32", "[1,2,3,4,5,null]", "[1,2,3]", "inputs[0].data: found 'n', expected a digit"),
      ("FP32", "[1,2,3,4,5,1e39]", "[1,2,3]", "inputs[0].data: number 5 is 1e+39, beyond those of FP32"),
      (
        "INT8", "[1,2,3,4,5,128]", "[1,2,3]", "inputs[0].data: number 5 is 128.0, expected a whole one from -128 to 127"
      ),
      ("INT8", "[1,2,3,4,5,0.5]", "[1,2,3]", "inputs[0].data: number 5 is 0.5, expected a whole one"),
      ("UINT8", "[1,2,3,4,5,-1]", "[1,2,3]", "inputs[0].data: number 5 is -1.0, expected a whole one from 0 to 255"),
    ])
  func misfits(datatype: String, data: String, shape: String, words: String) {
    var found = "no error"
    do throws(ServingError) { _ = try Self.int8(Self.request(Self.input(datatype, data, shape: shape))) } catch {
      found = error.message
    }
    #expect(found.hasPrefix(words), "\(found)")
  }

  @Test("a raw body is FP32 or INT8 by its length")
  func raw() throws {
    let request = try InferenceRequest([1, 2, 3, 4, 5, 250], headerByteCount: 0)
    #expect(request.isRaw && request.isBinary)
    var values = [Int8](repeating: 0, count: 6)
    let tensor = try InputTensor(raw: request.body, for: Self.port)
    _ = values.withUnsafeMutableBytes { tensor.fill($0) }
    #expect(values == [1, 2, 3, 4, 5, -6])
    let ones = [UInt8]([0, 0, 0x80, 0x3F].repeated(6))
    let floats = try InputTensor(raw: ones, for: Self.port)
    _ = values.withUnsafeMutableBytes { floats.fill($0) }
    #expect(values == [16, 16, 16, 16, 16, 16])
    #expect(throws: ServingError.self) { try InputTensor(raw: [1, 2, 3], for: Self.port) }
    #expect(throws: ServingError.self) { try InputTensor(raw: [], for: Self.port) }
  }

  @Test("random damage to a good request never ends otherwise than with an error or a request")
  func damage() {
    let text =
      #"{"id":"x","inputs":[{"name":"in","shape":[1,2,3],"datatype":"INT8","parameters":{"binary_data_size":6}}],"#
      + #""outputs":[{"name":"o","parameters":{"classification":2}}]}"#
    var generator = SeededGenerator(seed: 11)
    var errorCount = 0
    for _ in 0..<5000 {
      var bytes = Array(text.utf8) + [1, 2, 3, 4, 5, 6]
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: place)
        default: bytes.insert(UInt8(ascii: "0"), at: place)
        }
      }
      do throws(ServingError) {
        let request = try InferenceRequest(bytes, headerByteCount: bytes.count - 6)
        _ = try Self.int8(request)
      } catch {
        errorCount += 1
        #expect(!error.message.isEmpty)
      }
    }
    #expect(errorCount > 1000)
  }
}

extension Array {
  /// The elements so many times.
  func repeated(_ count: Int) -> [Element] { (0..<count).flatMap { _ in self } }
}
