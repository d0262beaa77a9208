import Devices
import Serving
import Vision

/// The page of the service, with all that it needs from outside the service.
struct ServicePage: Sendable {
  /// What the page shows.
  enum Extent: String, CaseIterable {
    /// Numbers, words, and pictures of what clients send.
    case pictures
    /// Numbers and words.
    case numbers
    /// There is no page.
    case off
  }

  /// What is asked for pages and streams.
  let view: PageFeed
  private let painter: PicturePainter?

  /// Makes a page; `nil` where none is wanted.
  init?(
    _ extent: Extent, of device: ServingDevice, _ log: EventLog, clock: @escaping @Sendable () -> Int
  ) {
    guard extent != .off else { return nil }
    let power = ServicePower(device)
    view = PageFeed(log, showsPictures: extent == .pictures) {
      var readings = PageReadings()
      readings.device = device.description
      readings.reservation = device.description?.reservation ?? ""
      readings.schedule = device.statistics
      power.read(into: &readings)
      return readings
    }
    painter = view.desk.map { PicturePainter($0, clock: clock) }
  }

  /// Makes a model one that can be looked at, where its input is a picture.
  func watched(_ model: ScheduledServable, named name: String, _ card: ModelCard?) -> any ServableModel {
    painter?.watched(model, named: name, card) ?? model
  }

  /// Begins to show.
  func start(_ service: InferenceService) throws(ServingError) {
    try view.start(service)
    try painter?.start(view.log)
  }

  /// Ends all that goes on.
  func stop() {
    view.stop()
    painter?.join()
  }
}

extension DeviceDescription {
  /// What numbers of this device are not, for a person; `nil` where they are what they seem.
  fileprivate var reservation: String? {
    switch kind {
    case "simulated":
      "SIMULATED DEVICE: results are those of a board, times and rates are this computer's and say nothing of a board."
    case "paced":
      "PACED DEVICE: jobs take a predicted time and compute nothing; pictures and labels mean nothing."
    default: nil
    }
  }
}
