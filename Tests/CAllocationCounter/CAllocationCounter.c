// For program_invocation_short_name.
#define _GNU_SOURCE
#include "CAllocationCounter.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif

#if defined(__GLIBC__) && !defined(UNDER_SANITIZER)
// The executable's own definitions win over glibc's, which stay reachable under these names.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

// A thread's own variable can't be linked into a library on aarch64. glibc keeps the values of the first 32 keys in the
// thread itself, so that setting one calls none of the functions that are counted here.
static pthread_key_t own;
static _Atomic bool has_key;
static _Atomic uint64_t all;

__attribute__((constructor)) static void begin(void) {
  if (pthread_key_create(&own, NULL) == 0) atomic_store(&has_key, own < 32);
}

static void count(void) {
  if (atomic_load_explicit(&has_key, memory_order_acquire)) {
    pthread_setspecific(own, (void *)((uintptr_t)pthread_getspecific(own) + 1));
  }
  atomic_fetch_add_explicit(&all, 1, memory_order_relaxed);
}

void *malloc(size_t size) {
  count();
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count();
  return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
  count();
  return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **result, size_t alignment, size_t size) {
  void *memory = memalign(alignment, size);
  if (memory == NULL) return ENOMEM;
  *result = memory;
  return 0;
}

// The calls so far, at each renaming of a file: that is how a program that writes files whole finishes each of them.
enum { MOST_RENAMES = 4096 };
static _Atomic uint64_t at_rename[MOST_RENAMES];
static _Atomic uint32_t renames;

int rename(const char *old, const char *new) {
  uint32_t number = atomic_fetch_add(&renames, 1);
  if (number < MOST_RENAMES) atomic_store(&at_rename[number], atomic_load(&all));
  return renameat(AT_FDCWD, old, AT_FDCWD, new);
}

// Loaded before a program's own libraries, the counter counts in that program, and says how often when it ends: in a file
// for each program, since the variables go on to its children. The first line is for all of it, then one for each renaming.
__attribute__((destructor)) static void report(void) {
  const char *folder = getenv("DPU_ALLOCATION_REPORTS");
  if (folder == NULL) return;
  uint64_t total = atomic_load(&all);
  char path[4096];
  if (snprintf(path, sizeof path, "%s/%s", folder, program_invocation_short_name) >= (int)sizeof path) return;
  FILE *file = fopen(path, "w");
  if (file == NULL) return;
  fprintf(file, "%llu\n", (unsigned long long)total);
  uint32_t known = atomic_load(&renames);
  for (uint32_t number = 0; number < known && number < MOST_RENAMES; number++) {
    fprintf(file, "%llu\n", (unsigned long long)atomic_load(&at_rename[number]));
  }
  fclose(file);
}

bool allocation_counter_works(void) { return atomic_load(&has_key); }
uint64_t allocation_count_of_this_thread(void) { return (uintptr_t)pthread_getspecific(own); }
uint64_t allocation_count_of_all_threads(void) { return atomic_load(&all); }
#else
bool allocation_counter_works(void) { return false; }
uint64_t allocation_count_of_this_thread(void) { return 0; }
uint64_t allocation_count_of_all_threads(void) { return 0; }
#endif
