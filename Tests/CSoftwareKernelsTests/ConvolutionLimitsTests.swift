import CSoftwareKernels
import TestSupport
import Testing

@Suite struct ConvolutionLimitsTests {
  /// One change that makes a legal convolution illegal.
  struct Change: Sendable, CustomStringConvertible {
    let description: String
    let apply: @Sendable (inout dpuk_conv_params) -> Void

    init(_ description: String, _ apply: @escaping @Sendable (inout dpuk_conv_params) -> Void) {
      self.description = description
      self.apply = apply
    }
  }

  static let illegal = [
    Change("no shift") { $0.shift = 0 },
    Change("shift beyond the sum") { $0.shift = 32 },
    Change("low below int8") { $0.low = -129 },
    Change("high above int8") { $0.high = 128 },
    Change("empty clamp") { ($0.low, $0.high) = (1, 0) },
    Change("no input height") { $0.in_height = 0 },
    Change("negative input width") { $0.in_width = -1 },
    Change("no output height") { $0.out_height = 0 },
    Change("no output width") { $0.out_width = 0 },
    Change("no channels") { ($0.in_channels, $0.out_channels) = (0, 0) },
    Change("no kernel") { $0.kernel_height = 0 },
    Change("no stride") { $0.stride_x = 0 },
    Change("negative dilation") { $0.dilation_y = -1 },
    Change("pixels overlap in the input") { $0.in_pixel_stride = 3 },
    Change("pixels overlap in the output") { $0.out_pixel_stride = 3 },
    Change("negative row stride") { $0.in_row_stride = -1 },
    Change("input beyond the address space") { $0.in_row_stride = .max / 2 },
    Change("output beyond the address space") { $0.out_pixel_stride = .max / 3 },
    Change("no weights") { $0.weights = nil },
    Change("no bias") { $0.bias = nil },
  ]

  @Test("an illegal parameter is refused", arguments: InstructionSet.vectorised, illegal)
  func refuses(set: InstructionSet, change: Change) {
    let constants = [Int8](repeating: 0, count: 3 * 3 * 4 * 4)
    let bias = [Int32](repeating: 0, count: 4)
    constants.withUnsafeBufferPointer { weights in
      bias.withUnsafeBufferPointer { bias in
        var parameters = ConvolutionCase.plain(height: 6, width: 6, channels: 4, outChannels: 4, kernel: 3)
        parameters.weights = weights.baseAddress
        parameters.bias = bias.baseAddress
        for create in [dpuk_conv_create, dpuk_depthwise_create] {
          let legal = create(set.isa, &parameters)
          #expect(legal != nil)
          dpuk_conv_destroy(legal)
          var changed = parameters
          change.apply(&changed)
          let made = create(set.isa, &changed)
          #expect(made == nil)
          dpuk_conv_destroy(made)
        }
      }
    }
  }

  @Test(
    "a convolution too large for memory is refused before its weights are read", arguments: InstructionSet.vectorised)
  func refusesAbsurdSizes(set: InstructionSet) {
    var parameters = ConvolutionCase.plain(height: 6, width: 6, channels: 4, outChannels: 4)
    (parameters.kernel_height, parameters.kernel_width) = (.max, .max)
    (parameters.in_channels, parameters.in_pixel_stride) = (.max, Int(Int32.max))
    (parameters.out_channels, parameters.out_pixel_stride) = (.max, Int(Int32.max))
    (parameters.in_row_stride, parameters.out_row_stride) = (0, 0)
    let unreadable: Int8 = 0
    let bias: Int32 = 0
    withUnsafePointer(to: unreadable) { weights in
      withUnsafePointer(to: bias) { bias in
        parameters.weights = weights
        parameters.bias = bias
        #expect(dpuk_conv_create(set.isa, &parameters) == nil)
        #expect(dpuk_depthwise_create(set.isa, &parameters) == nil)
      }
    }
  }

  @Test("an instruction set that the processor lacks is refused")
  func refusesOtherInstructionSets() {
    let sets = [DPUK_ISA_NONE, DPUK_ISA_AVX2, DPUK_ISA_AVX512_VNNI, DPUK_ISA_NEON, DPUK_ISA_NEON_DOTPROD]
    var example = ConvolutionCase(
      geometry: ConvolutionCase.plain(height: 6, width: 6, channels: 4, outChannels: 4, kernel: 3))
    example.weights = Array(repeating: 1, count: example.weightCount)
    example.bias = [0, 0, 0, 0]
    for isa in sets where !dpuk_isa_available(isa) {
      var parameters = example.geometry
      let made = example.weights.withUnsafeBufferPointer { weights in
        example.bias.withUnsafeBufferPointer { bias in
          parameters.weights = weights.baseAddress
          parameters.bias = bias.baseAddress
          return dpuk_conv_create(isa, &parameters)
        }
      }
      #expect(made == nil, "\(String(cString: dpuk_isa_name(isa)))")
    }
    #expect(!dpuk_isa_available(DPUK_ISA_NONE))
  }

  @Test("the best instruction set is one that the processor has")
  func bestIsAvailable() {
    #expect((dpuk_best_isa() == DPUK_ISA_NONE) == InstructionSet.vectorised.isEmpty)
    #expect(InstructionSet.vectorised.isEmpty || dpuk_isa_available(dpuk_best_isa()))
  }

  @Test("destroying nothing is allowed")
  func destroysNothing() { dpuk_conv_destroy(nil) }
}
