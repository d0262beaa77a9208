import FuzzDriver

runFuzzer { fuzzHTTP($0, $1) }
