/* fully_connected_sparse_s8 with integer forms for processors without a long multiplication. */
#ifndef EDGEML_FULLY_CONNECTED_SPARSE_SHORT_S8_H
#define EDGEML_FULLY_CONNECTED_SPARSE_SHORT_S8_H

#include "fully_connected_sparse_s8.h"

/* shift is 0: that of each channel stands in `rescale` */
typedef edgeml_fully_connected_sparse_s8_params edgeml_fully_connected_sparse_short_s8_params;

void edgeml_fully_connected_sparse_short_s8(const edgeml_fully_connected_sparse_short_s8_params *params,
                                            const int8_t *restrict x, const int8_t *restrict w,
                                            const int16_t *restrict fours, const int32_t *restrict bias,
                                            const edgeml_rescale *restrict rescale, const edgeml_scale *restrict scale,
                                            int8_t *restrict y);

#endif
