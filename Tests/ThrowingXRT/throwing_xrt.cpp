// Every function of libxrt_core that is used, each throwing a C++ exception as XRT's own do where they are not expected.
#include <stdexcept>

#define THROWS(name) \
  extern "C" void name() { throw std::runtime_error("thrown by " #name); }

THROWS(xclProbe)
THROWS(xclOpen)
THROWS(xclClose)
THROWS(xclLoadXclBin)
THROWS(xclOpenContext)
THROWS(xclCloseContext)
THROWS(xclAllocBO)
THROWS(xclMapBO)
THROWS(xclUnmapBO)
THROWS(xclFreeBO)
THROWS(xclSyncBO)
THROWS(xclGetBOProperties)
THROWS(xclExecBuf)
THROWS(xclRegRead)
THROWS(xclRegWrite)
THROWS(xclIPName2Index)
THROWS(xclIPSetReadRange)

extern "C" void xclExecWait() { throw 7; }
