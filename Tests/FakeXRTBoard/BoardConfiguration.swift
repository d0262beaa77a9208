import Foundation
import XModel

/// How a fake board is set up and what goes wrong on it, as JSON tells; addresses and fingerprints are hexadecimal text.
struct BoardConfiguration: Decodable {
  /// A fault of one job, counted from 0 from the making of the board.
  struct JobFault: Decodable {
    let job: Int
    /// Never ends.
    let hangs: Bool?
    /// What the counters of a job that hangs show: started and ended of load, conv, save and misc.
    let counters: [Int]?
    /// Ends so much later.
    let lateByMilliseconds: Int?
    /// Ends in this state without running.
    let state: UInt32?
    /// Register and offset of a byte of which the job gets one bit wrong.
    let flips: [Int]?
    /// Is refused with this errno.
    let errno: Int32?
  }

  /// The configuration of each core in the order of the xclbin; the last one stands for the rest.
  var fingerprints = ["0x1000020f6014407"]
  /// The driver's number of each core in the order of the xclbin; those left out follow.
  var indices: [Int] = []
  var memoryBase = "0x60000000"
  var memoryBytes: UInt64 = 512 << 20
  /// Allocations fail once so many bytes are taken.
  var allocationLimit: UInt64?
  /// Names that the driver does not find.
  var missingCores: [String] = []
  /// The errno of every opening of a context.
  var contextErrno: Int32?
  /// The driver says yes to images and keeps this UUID.
  var keptUUID: String?
  /// A context for another UUID is granted and worth nothing, as from 2.13 to 2.17.
  var grantsWrongUUID = false
  /// An image is loaded anew though its UUID is the one that is loaded.
  var forcesLoad = false
  /// So many waits of each handle return at once though nothing has ended.
  var spuriousEvents = 0
  /// Every call may take up to so long, and every job that much longer.
  var delayMilliseconds = 0
  /// Numbers of syncs, counted from 0, that do nothing.
  var lostSyncs: Set<Int> = []
  /// Numbers of syncs that the driver refuses.
  var refusedSyncs: Set<Int> = []
  var jobs: [JobFault] = []
  /// What no core can carry out hangs it, as on a board, instead of ending the job in a state of error.
  var faultsHang = false
  var seed: UInt64 = 1

  private enum Key: String, CodingKey, CaseIterable {
    case fingerprints, indices, memoryBase, memoryBytes, allocationLimit, missingCores, contextErrno, keptUUID
    case grantsWrongUUID, forcesLoad, spuriousEvents, delayMilliseconds, lostSyncs, refusedSyncs, jobs, seed
    case faultsHang
  }

  init() {}

  init(from decoder: any Decoder) throws {
    self.init()
    let values = try decoder.container(keyedBy: Key.self)
    func take<T: Decodable>(_ key: Key, _ target: inout T) throws {
      if let value = try values.decodeIfPresent(T.self, forKey: key) { target = value }
    }
    try take(.fingerprints, &fingerprints)
    try take(.indices, &indices)
    try take(.memoryBase, &memoryBase)
    try take(.memoryBytes, &memoryBytes)
    allocationLimit = try values.decodeIfPresent(UInt64.self, forKey: .allocationLimit)
    try take(.missingCores, &missingCores)
    contextErrno = try values.decodeIfPresent(Int32.self, forKey: .contextErrno)
    keptUUID = try values.decodeIfPresent(String.self, forKey: .keptUUID)
    try take(.grantsWrongUUID, &grantsWrongUUID)
    try take(.forcesLoad, &forcesLoad)
    try take(.spuriousEvents, &spuriousEvents)
    try take(.delayMilliseconds, &delayMilliseconds)
    try take(.lostSyncs, &lostSyncs)
    try take(.refusedSyncs, &refusedSyncs)
    try take(.jobs, &jobs)
    try take(.seed, &seed)
    try take(.faultsHang, &faultsHang)
  }

  /// Reads a configuration.
  init(json: String) throws {
    // A misspelt fault would let everything go well.
    let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any] ?? [:]
    let unknown = Set(object.keys).subtracting(Key.allCases.map(\.rawValue))
    guard unknown.isEmpty else { throw Unknown(names: unknown.sorted()) }
    self = try JSONDecoder().decode(BoardConfiguration.self, from: Data(json.utf8))
  }

  struct Unknown: Error { let names: [String] }

  /// The configuration of a core by its place in the xclbin.
  func fingerprint(ofCore place: Int) -> Fingerprint {
    Fingerprint(BoardConfiguration.number(fingerprints[min(place, fingerprints.count - 1)]))
  }

  /// The driver's number of a core by its place in the xclbin.
  func index(ofCore place: Int) -> Int { place < indices.count ? indices[place] : place }

  /// The first address of the board's memory.
  var memoryStart: UInt64 { BoardConfiguration.number(memoryBase) }

  private static func number(_ text: String) -> UInt64 {
    guard text.hasPrefix("0x"), let number = UInt64(text.dropFirst(2), radix: 16) else {
      fatalError("the fake board needs hexadecimal numbers such as 0x60000000, found \(text)")
    }
    return number
  }
}
