import Threads
import XModel

/// A resident model: its sessions on the devices, and who has which of its buffers.
final class ModelPool: Sendable {
  /// A model on one device.
  struct Home: Sendable {
    /// The device's number in the scheduler.
    let device: Int
    let session: Session
    /// The scheduler's numbers of the cores that run it.
    let cores: CoreSet
  }

  /// Who waits for buffers.
  enum DoorWaiter {
    case thread
    case task(UnsafeContinuation<Void, Never>)
  }

  /// The model's file, for messages.
  let path: String
  let homes: [Home]
  let anywhere: CoreSet
  /// What threads that wait for buffers sleep for.
  let door = ThreadSignal()

  // @unchecked: everything below is used with the engine's lock held.
  nonisolated(unsafe) var ledger: SlotLedger
  nonisolated(unsafe) var waiters: [Int: DoorWaiter] = [:]
  /// Buffers for those who waited and have not fetched them yet, by ticket.
  nonisolated(unsafe) var granted: [Int: Int] = [:]
  nonisolated(unsafe) var slotNumbers: [Int] = []
  nonisolated(unsafe) var isClosed = false

  init(path: String, homes: [Home]) {
    self.path = path
    self.homes = homes
    anywhere = homes.reduce(CoreSet()) { $0.union($1.cores) }
    ledger = SlotLedger(slots: [], coreCounts: [], patience: 0)
  }

  /// The position of a device among the homes.
  func home(onDevice device: Int) -> Int {
    guard let home = homes.firstIndex(where: { $0.device == device }) else {
      preconditionFailure("a job runs on a device that its model is not on")
    }
    return home
  }
}
