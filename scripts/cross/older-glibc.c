// What Swift's static runtime (built for glibc 2.38) asks of glibc and older boards lack, in terms of what glibc 2.34 has.
// Linked into release binaries by scripts/cross-build.

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// C23 reads "0b1" as a number where C17 stops at the b; no caller in the runtime passes such text.
long __isoc23_strtol(const char *text, char **end, int base) { return strtol(text, end, base); }

long long __isoc23_strtoll(const char *text, char **end, int base) { return strtoll(text, end, base); }

unsigned long __isoc23_strtoul(const char *text, char **end, int base) { return strtoul(text, end, base); }

unsigned long long __isoc23_strtoull(const char *text, char **end, int base) { return strtoull(text, end, base); }

int __isoc23_sscanf(const char *text, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int count = vsscanf(text, format, arguments);
  va_end(arguments);
  return count;
}

size_t strlcpy(char *target, const char *source, size_t room) {
  size_t length = strlen(source);
  if (room > 0) {
    size_t copied = length < room ? length : room - 1;
    memcpy(target, source, copied);
    target[copied] = 0;
  }
  return length;
}

size_t strlcat(char *target, const char *source, size_t room) {
  size_t used = strnlen(target, room);
  return used + strlcpy(target + used, source, room - used);
}

// glibc 2.35 gave these a new version that sets no errno; the old ones are in every release.
__asm__(".symver old_hypot, hypot@GLIBC_2.17");
__asm__(".symver old_hypotf, hypotf@GLIBC_2.17");
double old_hypot(double x, double y);
float old_hypotf(float x, float y);

double hypot(double x, double y) { return old_hypot(x, y); }

float hypotf(float x, float y) { return old_hypotf(x, y); }
