// The functions of libxrt_core that are used, with their types as the C ABI has them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cxrt.h"

// Structures and enumerations of XRT's headers appear as `void` and `unsigned`, which is what they are to a caller in C.
// F(name, result, parameters…)
#define CXRT_NEEDED_FUNCTIONS(F)                                                              \
  F(xclProbe, unsigned)                                                                       \
  F(xclOpen, void *, unsigned, const char *, unsigned)                                        \
  F(xclClose, void, void *)                                                                   \
  F(xclLoadXclBin, int, void *, const void *)                                                 \
  F(xclOpenContext, int, void *, const unsigned char *, unsigned, bool)                       \
  F(xclCloseContext, int, void *, const unsigned char *, unsigned)                            \
  F(xclAllocBO, unsigned, void *, size_t, int, unsigned)                                      \
  F(xclMapBO, void *, void *, unsigned, bool)                                                 \
  F(xclUnmapBO, int, void *, unsigned, void *)                                                \
  F(xclFreeBO, void, void *, unsigned)                                                        \
  F(xclSyncBO, int, void *, unsigned, unsigned, size_t, size_t)                               \
  F(xclGetBOProperties, int, void *, unsigned, void *)                                        \
  F(xclExecBuf, int, void *, unsigned)                                                        \
  F(xclExecWait, int, void *, int)                                                            \
  F(xclRegRead, int, void *, uint32_t, uint32_t, uint32_t *)                                  \
  F(xclRegWrite, int, void *, uint32_t, uint32_t, uint32_t)                                   \
  F(xclIPName2Index, int, void *, const char *)

// From XRT 2.14 on.
#define CXRT_OPTIONAL_FUNCTIONS(F) F(xclIPSetReadRange, int, void *, uint32_t, uint32_t, uint32_t)

namespace cxrt {

template <typename Result, typename... Parameters>
using Function = Result (*)(Parameters...);

/// What xclGetBOProperties fills.
struct BufferProperties {
  uint32_t handle;
  uint32_t flags;
  uint64_t byte_count;
  uint64_t address;
  int32_t reserved;
};
static_assert(sizeof(BufferProperties) == 32 && offsetof(BufferProperties, address) == 16);

/// The answer of xclAllocBO that is no buffer.
constexpr unsigned no_buffer = 0xFFFFFFFF;

}  // namespace cxrt

struct cxrt_library {
#define CXRT_MEMBER(name, ...) cxrt::Function<__VA_ARGS__> name = nullptr;
  CXRT_NEEDED_FUNCTIONS(CXRT_MEMBER)
  CXRT_OPTIONAL_FUNCTIONS(CXRT_MEMBER)
#undef CXRT_MEMBER
  cxrt::Function<const char *> cxrt_fake_board = nullptr;
  void *handle = nullptr;
  const char *missing = nullptr;
  char *path = nullptr;
};
