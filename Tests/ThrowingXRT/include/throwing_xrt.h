// A library with all of XRT's functions, each of which throws; it is opened at run time and has no interface.
