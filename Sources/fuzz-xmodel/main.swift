import FuzzDriver

runFuzzer { fuzzXModel($0, $1) }
