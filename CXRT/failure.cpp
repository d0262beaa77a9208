#include "failure.hpp"

#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace cxrt {

namespace {
// Plain members, so that threads that end have nothing to destroy.
struct Failure {
  char message[1024];
  int number;
};
thread_local Failure last;
}  // namespace

cxrt_code fail(cxrt_code code, int number, const char *format, ...) noexcept {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(last.message, sizeof last.message, format, arguments);
  va_end(arguments);
  last.number = number;
  return code;
}

cxrt_code judge(int result, const char *name) noexcept {
  if (result >= 0) return CXRT_OK;
  // Releases differ: some hand the ioctl's -1 on, and leave its errno where it is.
  const int number = result == -1 && errno != 0 ? errno : -result;
  const char *symbol = strerrorname_np(number);
  return fail(
      CXRT_REFUSED, number, "%s failed with %s (%s)", name, symbol != nullptr ? symbol : "an unknown errno",
      strerror(number));
}

}  // namespace cxrt

const char *cxrt_failure_message(void) { return cxrt::last.message; }

int cxrt_failure_errno(void) { return cxrt::last.number; }
