import Devices
import JSONValues
import Serving
import Threads
import Vision

/// Draws what models see for those who look, on a thread of its own that is busy for a quarter of its time at most.
final class PicturePainter: Sendable {
  /// Pictures in a second, at most.
  private static let shortestInterval = Duration.milliseconds(50)
  /// How long it rests for each time that it worked: inferences need the processors more.
  private static let restShare = 3
  private static let quality = 90

  private let desk: PictureDesk
  private let plans = Guarded<[String: PicturePlan]>([:])
  private let thread = Guarded<OwnThread?>(nil)
  private let clock: @Sendable () -> Int

  /// Makes a painter without models.
  ///
  /// - Parameter clock: Milliseconds since 1970.
  init(_ desk: PictureDesk, clock: @escaping @Sendable () -> Int) {
    self.desk = desk
    self.clock = clock
  }

  /// Makes a model one that can be looked at, or leaves it as it is where its input is no picture.
  func watched(_ model: ScheduledServable, named name: String, _ card: ModelCard?) -> any ServableModel {
    guard let card, let plan = PicturePlan(card, inputs: model.inputs, outputs: model.outputs) else { return model }
    plans.withLock { $0[name] = plan }
    return WatchedModel(model, named: name, at: desk, output: plan.output)
  }

  /// Begins to draw.
  ///
  /// - Parameter log: Hears why something can't be drawn.
  /// - Throws: `.failed` where the system gives no thread.
  func start(_ log: EventLog) throws(ServingError) {
    do throws(DeviceError) {
      let thread = try OwnThread { [self] in
        while let run = desk.next() {
          let begin = Moment.now
          do throws(VisionError) { try draw(run) } catch {
            log.add(.warning, "a picture of \"\(run.model)\" can't be shown: \(error)")
          }
          let work = Moment.now - begin
          desk.rest(max(work * PicturePainter.restShare, PicturePainter.shortestInterval - work))
        }
      }
      self.thread.withLock { $0 = thread }
    } catch {
      throw ServingError(.failed, error.message)
    }
  }

  /// Waits for the end; to be called when the desk is closed.
  func join() {
    let thread = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    thread?.join()
  }

  private func draw(_ run: PictureDesk.Run) throws(VisionError) {
    guard let plan = plans.withLock({ $0[run.model] }) else { return }
    let seen = try plan.look(at: run)
    if desk.pictures.wants(run.model) {
      let picture = seen.map.map { Overlay(palette: plan.palette).draw($0, over: seen.picture) } ?? seen.picture
      desk.show(picture: try JPEGEncoder.encode(picture, quality: PicturePainter.quality), of: run.model)
    }
    if desk.frames.wants(run.model) {
      desk.show(
        words: Array(words(run, plan, seen).compactText.utf8),
        picture: try JPEGEncoder.encode(seen.picture, quality: PicturePainter.quality), labels: seen.map?.runs ?? [],
        of: run.model)
    }
  }

  private func words(_ run: PictureDesk.Run, _ plan: PicturePlan, _ seen: PicturePlan.Seen) -> JSONValue {
    .object([
      "model": .string(run.model), "number": .integer(run.number), "time": .integer(clock()),
      "width": .integer(seen.picture.width), "height": .integer(seen.picture.height),
      "task": .string(plan.card.task.rawValue), "labels": .strings(plan.labels),
      "colors": .strings(plan.palette.colors.map(\.description)),
      "note": .string("\(plan.card.name), drawn from what the network got"),
      "map": .optional(seen.map) { .object(["width": .integer($0.width), "height": .integer($0.height)]) },
      "scores": .array(
        seen.scores.map { .object(["label": .string($0.label), "value": .number($0.value)]) }),
    ])
  }
}
