#include <errno.h>
#include <sys/prctl.h>
#include <time.h>

#include "CSimulatedKernels.h"

void dpus_sleep_until(int64_t nanoseconds) {
  // The kernel lets ordinary threads sleep 50 microseconds longer, to wake several at once; this one wakes in time. Asked
  // each time, because a thread's own variable can't be linked into a library on aarch64.
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  struct timespec end = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR) {
  }
}
