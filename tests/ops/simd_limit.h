/* Kernels with vectors in one program for all levels of simd.h above plain C: the driver sets the limit, less one, when
 * it starts. The preprocessor takes the name for 0, and so compiles every level. */
#ifndef EDGEML_TESTS_SIMD_LIMIT_H
#define EDGEML_TESTS_SIMD_LIMIT_H

extern int edgeml_test_limit;
#define EDGEML_SIMD_LIMIT (1 + edgeml_test_limit)

#endif
