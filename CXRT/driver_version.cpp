#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstring>

#include "failure.hpp"

namespace {

/// What drmGetVersion gives.
///
/// Source: struct _drmVersion of libdrm 2.4's xf86drm.h, whose soname has never changed.
struct Version {
  int major;
  int minor;
  int patch;
  int name_byte_count;
  char *name;
  int date_byte_count;
  char *date;
  int description_byte_count;
  char *description;
};

}  // namespace

cxrt_code cxrt_read_driver_version(const char *node, cxrt_driver_version *version) {
  void *handle = dlopen("libdrm.so.2", RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return cxrt::fail(CXRT_NO_LIBRARY, 0, "no libdrm.so.2: install the package libdrm2");
  const auto get = reinterpret_cast<Version *(*)(int)>(dlsym(handle, "drmGetVersion"));
  const auto release = reinterpret_cast<void (*)(Version *)>(dlsym(handle, "drmFreeVersion"));
  cxrt_code code;
  if (get == nullptr || release == nullptr) {
    code = cxrt::fail(CXRT_NO_FUNCTION, 0, "libdrm.so.2 has no function drmGetVersion or drmFreeVersion");
  } else if (const int file = open(node, O_RDWR | O_CLOEXEC); file < 0) {
    const int number = errno;
    code = cxrt::fail(CXRT_REFUSED, number, "%s can't be opened: %s", node, strerror(number));
  } else {
    Version *found = get(file);
    if (found == nullptr) {
      code = cxrt::fail(CXRT_REFUSED, errno, "%s is no DRM node: drmGetVersion gave nothing", node);
    } else {
      *version = {{}, found->major, found->minor, found->patch};
      if (found->name != nullptr) strncpy(version->name, found->name, sizeof version->name - 1);
      release(found);
      code = CXRT_OK;
    }
    close(file);
  }
  dlclose(handle);
  return code;
}
