#include <errno.h>
#include <sys/prctl.h>
#include <time.h>

#include "CSimulatedKernels.h"

void dpus_sleep_until(int64_t nanoseconds) {
  // The kernel lets ordinary threads sleep 50 microseconds longer, to wake several at once; this one wakes in time.
  static _Thread_local bool is_exact;
  if (!is_exact) is_exact = prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL) == 0;
  struct timespec end = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR) {
  }
}
