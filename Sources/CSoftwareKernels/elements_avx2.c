// Element kernels for AVX2.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define ELEMENTS dpuk_elements_avx2
#define BYTES 32
#include "elements_template.h"
#pragma clang attribute pop
#endif
