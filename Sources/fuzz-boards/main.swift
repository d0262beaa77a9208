import FuzzDriver

runFuzzer { fuzzBoards($0, $1) }
