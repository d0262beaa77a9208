// Counts the calls of malloc and its relatives in this process, for tests of code that must not allocate.
#ifndef C_ALLOCATION_COUNTER_H
#define C_ALLOCATION_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

/// Whether the calls are counted in this build: not under a sanitizer, which has an allocator of its own.
bool allocation_counter_works(void);

/// Calls of malloc, calloc, realloc and their aligned forms by the calling thread since it started.
uint64_t allocation_count_of_this_thread(void);

/// The same for all threads together.
uint64_t allocation_count_of_all_threads(void);

#endif
