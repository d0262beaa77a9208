import Serving
import Testing

@Suite struct RouteTests {
  @Test(
    "finds what a path asks for",
    arguments: [
      ("GET", "/v2/health/live", Route.live), ("GET", "/v2/health/ready", .ready), ("GET", "/v2", .serverMetadata),
      ("GET", "/v2/", .serverMetadata), ("HEAD", "/v2/health/ready", .ready),
      ("GET", "/v2/models/m", .modelMetadata(.init(model: "m"))),
      ("GET", "/v2/models/m/versions/7", .modelMetadata(.init(model: "m", version: "7"))),
      ("GET", "/v2/models/m/ready", .modelReady(.init(model: "m"))),
      ("GET", "/v2/models/m/versions/1/ready?x=y", .modelReady(.init(model: "m", version: "1"))),
      ("GET", "/v2/models/stats", .modelStatistics(nil)),
      ("GET", "/v2/models/m/stats", .modelStatistics(.init(model: "m"))),
      ("GET", "/v2/models/m/config", .modelConfiguration(.init(model: "m"))),
      ("POST", "/v2/models/a%20b%2Fc/infer", .infer(.init(model: "a b/c"))),
      ("POST", "/v2/models/m/versions/2/infer", .infer(.init(model: "m", version: "2"))),
      ("POST", "/v2/repository/index", .repositoryIndex), ("POST", "/v2/repository/models/m/load", .load(model: "m")),
      ("POST", "/v2/repository/models/m/unload", .unload(model: "m")), ("GET", "/metrics", .metrics),
      ("GET", "/", .page), ("GET", "/?x=y", .page), ("GET", "/live/events", .watch(.events)),
      ("GET", "/live/pictures", .watch(.pictures(model: nil))),
      ("GET", "/live/frames/a%2Fb", .watch(.frames(model: "a/b"))),
    ])
  func routes(method: String, target: String, expected: Route) throws {
    #expect(try Route(method: method, target: target) == expected)
  }

  @Test(
    "other paths have a status and words",
    arguments: [
      ("GET", "//", 404), ("GET", "/live", 404), ("GET", "/live/events/m", 404), ("GET", "/live/frames/m/n", 404),
      ("POST", "/", 405), ("POST", "/live/events", 405), ("GET", "/v1/models/m", 404), ("GET", "/v2/models", 404),
      ("GET", "/v2/models/", 404),
      ("GET", "/v2/models/m/versions", 404), ("GET", "/v2/models/m/nonsense", 404), ("GET", "/v2/models//ready", 404),
      ("GET", "/v2/models/m/versions/1/infer/x", 404), ("POST", "/v2/repository/models/m", 404),
      ("GET", "/v2/health", 404), ("POST", "/v2/health/live", 405), ("GET", "/v2/models/m/infer", 405),
      ("DELETE", "/v2/models/m", 405), ("GET", "/v2/repository/index", 405), ("HEAD", "/v2/models/m/infer", 405),
      ("POST", "/v2/systemsharedmemory/region/r/register", 501), ("GET", "/v2/trace/setting", 501),
      ("GET", "/v2/%zz", 400), ("GET", "/v2/%f", 400), ("GET", "/v2/%ff", 400), ("GET", "*", 400), ("GET", "", 400),
    ])
  func errors(method: String, target: String, status: Int) {
    var found = 0
    do throws(ServingError) { _ = try Route(method: method, target: target) } catch { found = error.status }
    #expect(found == status)
  }
}
