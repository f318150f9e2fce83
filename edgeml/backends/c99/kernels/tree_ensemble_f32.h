/* Sum of decision trees, float32. */
#ifndef EDGEML_TREE_ENSEMBLE_F32_H
#define EDGEML_TREE_ENSEMBLE_F32_H

#include <stdint.h>

typedef struct {
  int32_t batch, features, trees, outputs;
} edgeml_tree_ensemble_f32_params;

/* x (batch, features), y (batch, outputs). Node i of a tree: feature[i] is -1 at a leaf, whose row of weights is
 * next[i]; else the index of a feature, plus 0x4000 where NaN goes left. Left is node i + 1, right is next[i] > i + 1.
 * roots (trees) are the first nodes, weights (rows, outputs). */
void edgeml_tree_ensemble_f32(const edgeml_tree_ensemble_f32_params *params, const float *restrict x,
                              const int16_t *restrict feature, const float *restrict threshold,
                              const int32_t *restrict next, const int32_t *restrict roots,
                              const float *restrict weights, float *restrict y);

#endif
