import FuzzDriver

runFuzzer { fuzzVolumes($0, $1) }
