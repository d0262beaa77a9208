#include <dlfcn.h>

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <vector>

#include "failure.hpp"

namespace {

/// The file in which a function lies.
char *file_of(const void *function, const char *otherwise) {
  Dl_info information;
  if (function != nullptr && dladdr(function, &information) != 0 && information.dli_fname != nullptr) {
    otherwise = information.dli_fname;
  }
  char *resolved = realpath(otherwise, nullptr);
  return resolved != nullptr ? resolved : strdup(otherwise);
}

/// The libraries that are open, each once.
struct Opened {
  std::mutex mutex;
  std::vector<cxrt_library *> libraries;
};

/// Never destroyed: calls may come until the process has ended.
Opened &opened() {
  static auto *opened = new Opened;
  return *opened;
}

}  // namespace

cxrt_code cxrt_load(const char *path, const cxrt_library **library) {
  try {
    // Everything is resolved now: a function that the library itself lacks must not end the process in a job.
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      const char *reason = dlerror();
      return cxrt::fail(CXRT_NO_LIBRARY, 0, "%s", reason != nullptr ? reason : "dlopen failed without a reason");
    }
    std::lock_guard<std::mutex> lock(opened().mutex);
    for (const auto *known : opened().libraries) {
      if (known->handle == handle) {
        *library = known;
        return CXRT_OK;
      }
    }
    auto *loaded = new cxrt_library;
    loaded->handle = handle;
    const void *any = nullptr;
#define CXRT_RESOLVE(name, ...)                                                             \
  loaded->name = reinterpret_cast<cxrt::Function<__VA_ARGS__>>(dlsym(handle, #name));       \
  if (loaded->name != nullptr) any = reinterpret_cast<const void *>(loaded->name);
#define CXRT_RESOLVE_NEEDED(name, ...) \
  CXRT_RESOLVE(name, __VA_ARGS__)      \
  if (loaded->name == nullptr && loaded->missing == nullptr) loaded->missing = #name;
    CXRT_NEEDED_FUNCTIONS(CXRT_RESOLVE_NEEDED)
    CXRT_OPTIONAL_FUNCTIONS(CXRT_RESOLVE)
    CXRT_RESOLVE(cxrt_fake_board, const char *)
#undef CXRT_RESOLVE_NEEDED
#undef CXRT_RESOLVE
    loaded->path = file_of(any, path);
    opened().libraries.push_back(loaded);
    *library = loaded;
    return CXRT_OK;
  } catch (const std::exception &exception) {
    return cxrt::fail(CXRT_EXCEPTION, 0, "opening the library threw an exception: %s", exception.what());
  } catch (...) {
    return cxrt::fail(CXRT_EXCEPTION, 0, "opening the library threw something that is no std::exception");
  }
}

const char *cxrt_library_path(const cxrt_library *library) { return library->path; }

const char *cxrt_missing_function(const cxrt_library *library) { return library->missing; }

const char *cxrt_fake_board_name(const cxrt_library *library) {
  return library->cxrt_fake_board != nullptr ? library->cxrt_fake_board() : nullptr;
}
