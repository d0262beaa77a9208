import Foundation

/// An int8 network as the training script describes it, in JSON.
package struct NetworkDescription: Decodable {
  /// The name of the graph.
  let name: String
  /// The picture that the network reads.
  let input: Input
  /// The name of the layer whose tensor is the result.
  let output: String
  /// The operations in the order in which they run.
  let layers: [Layer]

  /// The picture that the network reads.
  struct Input: Decodable {
    /// The name of the operation.
    let name: String
    /// The extents.
    ///
    /// - Shape: `[1, h, w, c]` Int8
    let shape: [Int]
    /// The scale.
    let fixPoint: Int32
  }

  /// One operation.
  struct Layer: Decodable {
    /// The name, unique in the network.
    let name: String
    /// The type, such as `conv2d-fix`.
    let type: String
    /// The names of the layers that feed it.
    let inputs: [String]
    /// The extents of the tensor that it makes.
    ///
    /// - Shape: `[1, h, w, c]` Int8
    let shape: [Int]
    /// The scale of the tensor that it makes.
    let fixPoint: Int32
    /// Whether negative results become 0.
    let relu: Bool
    /// Width and height of the window, for convolutions and pools.
    let kernel: [Int32]?
    /// Horizontal and vertical step, for convolutions and pools.
    let stride: [Int32]?
    /// Border at the left, right, top and bottom, for convolutions and pools.
    let pad: [Int32]?
    /// The weights of a convolution.
    ///
    /// - Shape: `[out, h, w, in]` Int8, in correlation order
    let weights: Constant?
    /// The bias of a convolution.
    ///
    /// - Shape: `[out]` Int8
    let bias: Constant?
  }

  /// Numbers that belong to the network.
  struct Constant: Decodable {
    /// The extents.
    let shape: [Int]
    /// The scale.
    let fixPoint: Int32
    /// The bytes in C order.
    let data: Data
  }
}

/// What is wrong with a description.
package struct DescriptionError: Error, CustomStringConvertible {
  /// The layer that shows it, and what was expected.
  package let description: String

  /// Makes an error.
  init(_ description: String) {
    self.description = description
  }
}
