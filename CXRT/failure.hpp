// The failures of the calling thread, and the catching of exceptions.
#pragma once

#include <cerrno>
#include <exception>

#include "functions.hpp"

namespace cxrt {

/// Keeps the words and the errno of a failure for the calling thread.
cxrt_code fail(cxrt_code code, int number, const char *format, ...) noexcept __attribute__((format(printf, 3, 4)));

/// Calls the library: fails where it lacks the function or throws.
template <typename Pointer, typename Body>
cxrt_code call(Pointer function, const char *name, Body body) noexcept {
  if (function == nullptr) return fail(CXRT_NO_FUNCTION, 0, "the library has no function %s", name);
  try {
    errno = 0;
    return body(function);
  } catch (const std::exception &exception) {
    return fail(CXRT_EXCEPTION, 0, "%s threw an exception: %s", name, exception.what());
  } catch (...) {
    return fail(CXRT_EXCEPTION, 0, "%s threw something that is no std::exception", name);
  }
}

/// Judges a result that is 0 or a negative errno, or -1 with the errno in its usual place.
cxrt_code judge(int result, const char *name) noexcept;

}  // namespace cxrt
