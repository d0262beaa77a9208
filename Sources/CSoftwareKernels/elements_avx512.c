// Element kernels for AVX-512.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"))), apply_to = function)
#define ELEMENTS dpuk_elements_avx512
#define BYTES 32
#include "elements_template.h"
#pragma clang attribute pop
#endif
