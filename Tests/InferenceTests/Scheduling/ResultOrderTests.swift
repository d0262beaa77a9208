import Inference
import Tensors
import Testing

struct ResultOrderTests {
  @Test("results come in the order of their places, whatever order they become ready in", arguments: 1...20)
  func order(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let capacity = Int.random(in: 1...5, using: &random)
    var order = ResultOrder(capacity: capacity)
    var unready: [Int: Int] = [:]
    var given: [Int] = []
    var next = 0
    for _ in 0..<400 {
      switch Int.random(in: 0...2, using: &random) {
      case 0 where !order.isFull:
        unready[order.take(for: next)] = next
        next += 1
      case 1:
        guard let place = unready.keys.sorted().randomElement(using: &random) else { continue }
        unready[place] = nil
        order.makeReady(place)
      default:
        if let slot = order.next() { given.append(slot) }
      }
      #expect(order.takenCount <= capacity)
    }
    for place in unready.keys { order.makeReady(place) }
    while let slot = order.next() { given.append(slot) }
    #expect(given == Array(0..<next), "seed \(seed)")
  }
}
