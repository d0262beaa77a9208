import Devices
import Inference
import JSONValues
import Vision
import XModel

/// `dpu run`: runs a model on pictures and arrays.
enum RunCommand: Command {
  static let table = CommandTable(
    name: "run", summary: "runs a model on pictures, arrays or volumes, from its first input to its last output",
    operands: [
      Operand("MODEL", "a compiled .xmodel file"),
      Operand("INPUT", count: 1...Int.max, "JPEG, PNG, NPY or NIfTI files, or folders of them"),
    ],
    options: [
      Option(
        "output", short: "o", takes: .text("DIR"),
        "writes label maps (PNG and NPY; NIfTI of volumes) and overlays, or tensors, there"),
      Option("no-overlay", "writes label maps without overlays"),
      Option("tensors", "gives the model's last tensors, whatever its card says"),
    ] + SchedulingOptions.options + PowerRecording.options + LoadedModel.optionsToMeasure,
    examples: [
      .init("run model.xmodel slice.png -o results", "writes the label map of a slice and an overlay"),
      .init("run ctorg.xmodel scan.nii.gz -o labels.nii.gz", "writes the label map of a volume, slice by slice"),
      .init("run bccd.xmodel cells/ --json", "classifies the pictures of a folder, as one JSON object"),
      .init("run model.xmodel frames.npy --tensors -o raw", "writes the output tensors of an array of frames"),
    ],
    notes: [
      "What becomes of a picture says the model card, a JSON file beside the model (MODEL.card.json). Without a card, "
        + "arrays of the model's own shape run: int8 as raw fixed point, floats scaled.",
      "An input that can't be used is named, the others are run, and the exit code is 3.",
      "Volumes (.nii, .nii.gz, .hdr) are run by themselves. Where the model takes several channels, CASE_0000.nii.gz, "
        + "CASE_0001.nii.gz and so on are those of one case. -o may name one .nii or .nii.gz file.",
      "On --device paced no model runs: jobs only take the time that they would on a DPU, and results mean nothing. It shows "
        + "what the host loses around a device.",
      "A model with several inputs takes that many files for each run, in the order that 'dpu inspect' shows.",
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws -> ExitCode {
    let scheduling = try SchedulingOptions(arguments)
    let loaded = try LoadedModel(arguments.operands[0], arguments, wantsTensors: arguments.flag("tensors"))
    let inputs = InputList(arguments.operands.dropFirst(), takesVolumes: true)
    if inputs.files.contains(where: Volume.isNamedAsVolume) {
      return try VolumePass.run(loaded, inputs, arguments, console)
    }
    let arity = loaded.feeders.count
    guard inputs.files.count % arity == 0 else {
      throw CommandError(
        .usage, "run: the model has \(arity) inputs, so files come in groups of \(arity), not \(inputs.files.count)")
    }
    let output = arguments.text("output")
    let names = output == nil ? [:] : try OutputFolder.names(for: inputs.files)
    let folder = try output.map { path throws(CommandError) in try OutputFolder(path) }
    try loaded.announce(console)
    if folder == nil, loaded.task != .classification {
      console.note("nothing is written: give a folder for label maps or tensors with -o")
    }
    Interruption.watch()
    let jobs = try scheduling.stream(loaded)
    var power = PowerRecording(arguments, of: loaded.device.description, console)
    let statistics = RunStatistics(
      loaded.subject(of: "run"), schedule: { jobs.statistics }, power: power.reading)
    let publisher = StatisticsPublisher.start(statistics, console)
    defer { publisher?.stop() }
    var pass = RunPass(
      RunFinisher(
        loaded: loaded, folder: folder, names: names, drawsOverlays: !arguments.flag("no-overlay"),
        isJSON: console.isJSON, isVerbose: console.isVerbose, statistics: statistics),
      jobs, console)
    for failure in inputs.failures { pass.fail(failure) }
    let groups = stride(from: 0, to: inputs.files.count, by: arity).map { Array(inputs.files[$0..<$0 + arity]) }
    power.begin()
    try pass.run(groups)
    return try pass.finish(power.finish())
  }
}
