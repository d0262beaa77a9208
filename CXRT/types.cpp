// Compares the functions' types with XRT's headers, where there are any: a wrong one does not compile.
#include <type_traits>

#include "functions.hpp"

#if __has_include(<xrt/xrt.h>) && __has_include(<xrt/experimental/xrt-next.h>) && __has_include(<uuid/uuid.h>)

#include <xrt/xrt.h>
#include <xrt/xrt_mem.h>
#include <xrt/experimental/xrt-next.h>

namespace {

/// A type as the C ABI sees it: enumerations are integers, pointers to structures are pointers.
template <typename T, typename = void>
struct Plain {
  using type = T;
};
template <typename T>
struct Plain<T, std::enable_if_t<std::is_enum_v<T>>> {
  using type = std::underlying_type_t<T>;
};
template <typename T>
struct Plain<T *, std::enable_if_t<std::is_class_v<std::remove_const_t<T>>>> {
  using type = std::conditional_t<std::is_const_v<T>, const void *, void *>;
};
template <typename Result, typename... Parameters>
struct Plain<Result (*)(Parameters...)> {
  using type = typename Plain<Result>::type (*)(typename Plain<Parameters>::type...);
};

#define CXRT_COMPARE(name, ...)                                                              \
  static_assert(                                                                             \
      std::is_same_v<cxrt::Function<__VA_ARGS__>, Plain<decltype(&::name)>::type>,            \
      #name " is declared otherwise in XRT's headers");
CXRT_NEEDED_FUNCTIONS(CXRT_COMPARE)
#undef CXRT_COMPARE

static_assert(
    sizeof(xclBOProperties) == sizeof(cxrt::BufferProperties) &&
        offsetof(xclBOProperties, paddr) == offsetof(cxrt::BufferProperties, address),
    "struct xclBOProperties is laid out otherwise in XRT's headers");
static_assert(
    unsigned{XCL_BO_SYNC_BO_TO_DEVICE} == CXRT_TO_DEVICE && unsigned{XCL_BO_SYNC_BO_FROM_DEVICE} == CXRT_FROM_DEVICE &&
        XCL_BO_FLAGS_CACHEABLE == CXRT_MEMORY_CACHED && XCL_BO_FLAGS_EXECBUF == CXRT_MEMORY_COMMAND &&
        NULLBO == cxrt::no_buffer,
    "a constant is another one in XRT's headers");

}  // namespace

bool cxrt_types_are_checked(void) { return true; }

#else

bool cxrt_types_are_checked(void) { return false; }

#endif
