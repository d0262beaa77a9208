import Vision

/// `dpu evaluate`: scores a model on labelled pictures and arrays.
enum EvaluateCommand: Command {
  static let table = CommandTable(
    name: "evaluate",
    summary: "scores a model on labelled data: accuracy, Dice, IoU, confusion matrix, errors",
    operands: [
      Operand("MODEL", "a compiled .xmodel file that has a card"),
      Operand("DIR", "a folder with a sub-folder per class, one of pictures or volumes with label maps, or a list"),
    ],
    options: [
      Option(
        "labels", short: "l", takes: .text("DIR"), fallback: "DIR/labels, the pictures being in DIR/pictures",
        "the folder of the label maps; of target arrays where the model gives numbers"),
      Option("at-least", takes: .text("SCORE"), "ends with exit code 1 if the accuracy or mean Dice score is lower"),
      Option(
        "at-most", takes: .text("PERCENT"), "ends with exit code 1 if the MAPE is higher (models that give numbers)"),
      Option("csv", "prints every number as comma-separated values"),
      Option("markdown", "prints the tables as Markdown"),
    ] + LoadedModel.options,
    examples: [
      .init("evaluate bccd.xmodel cells/", "scores a classification: cells/NEUTROPHIL/1.jpg and so on"),
      .init("evaluate phantom-ct.xmodel sample", "scores a segmentation: sample/pictures against sample/labels"),
      .init(
        "evaluate ctorg.xmodel Dataset001", "scores volumes: imagesTr/CASE_0000.nii.gz against labelsTr/CASE.nii.gz"),
      .init("evaluate m.xmodel set --at-least 0.9 --json", "checks a score, as one JSON object"),
    ],
    notes: [
      "Classification: sub-folders are named as the card's labels; the score is the accuracy. Segmentation: a label map is "
        + "a PNG (grey or palette, the stored value is the class) or NPY file named as its picture; the score is the mean "
        + "Dice of the classes from 1 on, pooled over the set. Any other model: a target is an NPY file named as its input, "
        + "in DIR/targets; the score is the mean absolute percentage error (MAPE).",
      "Volumes: NIfTI files in DIR/volumes with DIR/labels, or as nnU-Net has it in DIR/imagesTr with DIR/labelsTr. A list is "
        + "a file of comma-separated values with the columns image and label (or target).",
      "What can't be read or does not fit is named and counted, the rest is scored, and the exit code is 3.",
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws -> ExitCode {
    let form = try EvaluationForm(arguments)
    let limits = try ScoreLimits(arguments)
    let loaded = try LoadedModel(arguments.operands[0], arguments)
    try limits.check(fit: loaded.task)
    let place = EvaluatedPlace(arguments.operands[1], labels: arguments.text("labels"))
    if let volumes = try place.volumes(for: loaded) {
      let runner = try VolumeRunner(loaded)
      let set = try volumes.read(channels: runner.channelCount)
      try loaded.announce(console, printsDevice: false)
      Interruption.watch()
      var pass = VolumeEvaluation(runner: runner, console: console)
      try pass.run(set)
      return try pass.finish(form, limits)
    }
    let set = try place.pictures(for: loaded)
    try loaded.announce(console, printsDevice: false)
    Interruption.watch()
    var pass = EvaluationPass(runner: try FrameRunner(loaded), console: console)
    for failure in set.failures { pass.fail(failure) }
    try pass.run(set.items)
    return try pass.finish(form, limits)
  }
}
