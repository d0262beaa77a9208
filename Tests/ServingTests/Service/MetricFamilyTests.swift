import Serving
import Testing

@Suite struct MetricFamilyTests {
  @Test("writes values, labels and what they mean")
  func page() {
    var counter = MetricFamily("a_total", .counter, "Things.\nAll \\ of \"them\".")
    counter.add(3, ["model": "m", "odd": "x\"\\\n"])
    counter.add(0.25)
    var gauge = MetricFamily("b", .gauge, "Size.")
    for value in [Double.infinity, -.infinity, .nan, 1e20, -7] { gauge.add(value) }
    let empty = MetricFamily("c", .gauge, "Nothing.")
    #expect(
      MetricFamily.page([counter, gauge, empty]) == """
        # HELP a_total Things.\\nAll \\\\ of "them".
        # TYPE a_total counter
        a_total{model="m",odd="x\\"\\\\\\n"} 3
        a_total 0.25
        # HELP b Size.
        # TYPE b gauge
        b +Inf
        b -Inf
        b NaN
        b 1e+20
        b -7

        """)
  }

  @Test("histograms count from below, up to all")
  func histogram() {
    var histogram = Histogram(bounds: [0.5, 1])
    for value in [0.1, 0.5, 0.7, 3] { histogram.add(value) }
    var family = MetricFamily("h_seconds", .histogram, "Times.")
    family.add(histogram, ["model": "m"])
    #expect(
      MetricFamily.page([family]) == """
        # HELP h_seconds Times.
        # TYPE h_seconds histogram
        h_seconds_bucket{model="m",le="0.5"} 2
        h_seconds_bucket{model="m",le="1"} 3
        h_seconds_bucket{model="m",le="+Inf"} 4
        h_seconds_sum{model="m"} 4.3
        h_seconds_count{model="m"} 4

        """)
  }
}
