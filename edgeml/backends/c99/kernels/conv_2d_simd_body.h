/* conv_2d_simd_s8.c for one level of simd.h. No guard: that file defines EDGEML_LEVEL. */

/* `px` pixels from `pixel` on by `blocks` blocks of 16 channels from `block` on. */
EDGEML_INLINE EDGEML_V(target) void EDGEML_V(tile)(const row_job *job, const int px, const int blocks, int32_t pixel,
                                                   int32_t block) {
  enum { PER_BLOCK = 16 / EDGEML_V(lanes), BYTES = 4 * EDGEML_V(lanes) };
  const int vectors = blocks * PER_BLOCK;
  const int32_t block_bytes = job->run_count * job->quads * 64, step = job->step;
  const int8_t *w = job->w + block * block_bytes;
  EDGEML_V(vec) sum[8][8], weights[8];
  EDGEML_UNROLL
  for (int v = 0; v < vectors; ++v) {
    const EDGEML_V(vec) bias = EDGEML_V(load)(job->bias + 16 * block + EDGEML_V(lanes) * v);
    EDGEML_UNROLL
    for (int p = 0; p < px; ++p) sum[p][v] = bias;
  }
  for (int32_t r = 0; r < job->run_count; ++r) {
    const uint8_t *x = job->runs[r] + pixel * step;
    for (int32_t q = 0; q < job->quads; ++q, x += 4, w += 64) {
      EDGEML_UNROLL
      for (int v = 0; v < vectors; ++v)
        weights[v] = EDGEML_V(load)(w + (v / PER_BLOCK) * block_bytes + (v % PER_BLOCK) * BYTES);
      EDGEML_UNROLL
      for (int p = 0; p < px; ++p) {
        const EDGEML_V(vec) four = EDGEML_V(quad)(x + p * step);
        EDGEML_UNROLL
        for (int v = 0; v < vectors; ++v) sum[p][v] = EDGEML_V(dot4)(sum[p][v], four, weights[v]);
      }
    }
  }
  EDGEML_UNROLL
  for (int p = 0; p < px; ++p) {
    int8_t *const y = job->y + (pixel + p) * job->channels + 16 * block;
    EDGEML_UNROLL
    for (int b = 0; b < blocks; ++b) {
      const int32_t left = job->channels - 16 * (block + b);
      EDGEML_UNROLL
      for (int v = b * PER_BLOCK; v < (b + 1) * PER_BLOCK; ++v)
        sum[p][v] = EDGEML_V(steps)(sum[p][v], job->scale + 16 * block + EDGEML_V(lanes) * v, &job->range);
      EDGEML_V(put)(y + 16 * b, &sum[p][b * PER_BLOCK], at_most(left, 16));
    }
  }
}

/* `blocks` blocks by all pixels, `px` at a time; rather than many one by one, the last tile takes some pixels again. */
EDGEML_INLINE EDGEML_V(target) void EDGEML_V(tiles)(const row_job *job, const int px, const int blocks, int32_t block) {
  int32_t p = 0;
  for (; p + px <= job->pixels; p += px) EDGEML_V(tile)(job, px, blocks, p, block);
  if (p > 0 && 2 * (job->pixels - p) >= px) {
    EDGEML_V(tile)(job, px, blocks, job->pixels - px, block);
    return;
  }
  for (; p < job->pixels; ++p) EDGEML_V(tile)(job, 1, blocks, p, block);
}

/* Blocks outside, so that their weights stay in the first cache for all pixels. */
EDGEML_NOINLINE EDGEML_V(target) static void EDGEML_V(row)(const row_job *job) {
  const int32_t blocks = (job->channels + 15) / 16;
  int32_t b = 0;
  if (job->pixels == 1)
    for (; b + EDGEML_V(flat) <= blocks; b += EDGEML_V(flat)) EDGEML_V(tile)(job, 1, EDGEML_V(flat), 0, b);
  for (; b + EDGEML_V(wide) <= blocks; b += EDGEML_V(wide)) EDGEML_V(tiles)(job, EDGEML_V(tall), EDGEML_V(wide), b);
  for (; b < blocks; ++b) EDGEML_V(tiles)(job, EDGEML_V(tall_one), 1, b);
}

/* Input row `iy` with its padding, as windows reach it. */
EDGEML_V(target) static void EDGEML_V(expand)(const edgeml_conv_2d_simd_s8_params *p, const int8_t *restrict x,
                                              int32_t iy, uint8_t *restrict to) {
  const uint8_t flip = EDGEML_V(bias_row) == 0 ? 0x80u : 0u;
  const uint8_t zero = (uint8_t)((uint8_t)p->input_zero_point ^ flip);
  const int32_t all = p->columns * p->input_c, left = at_most(p->pad_left, p->columns) * p->input_c;
  const int32_t copied = iy < 0 || iy >= p->input_h ? 0 : at_most(all - left, p->input_w * p->input_c);
  int32_t i = 0;
  if (copied > 0) {
    for (; i < left; ++i) to[i] = zero;
    EDGEML_V(flip_bytes)(to + i, x + iy * p->input_w * p->input_c, copied);
    i += copied;
  }
  for (; i < all + 4; ++i) to[i] = zero;
}

EDGEML_V(target) static void EDGEML_V(convolve)(const edgeml_conv_2d_simd_s8_params *p, const int8_t *restrict x,
                                                const int8_t *restrict w, const int32_t *restrict bias,
                                                const float *restrict scale, void *restrict scratch,
                                                int8_t *restrict y) {
  uint8_t *const ring = scratch;
  const int32_t rows = (p->kernel_h - 1) * p->dilation_h + 1, row_bytes = p->columns * p->input_c + 4;
  const int32_t blocks = (p->output_c + 15) / 16, zero = p->output_zero_point;
  row_job job;
  job.run_count = p->kernel_h * p->kernel_w;
  job.quads = (p->run + 3) / 4;
  job.step = p->stride_w * p->input_c;
  job.pixels = p->output_w;
  job.w = w;
  job.bias = bias + EDGEML_V(bias_row) * 16 * blocks;
  job.scale = scale;
  job.channels = p->output_c;
  job.range.low = (float)(p->activation_min - zero);
  job.range.high = (float)(p->activation_max - zero);
  job.range.zero = zero;
  int32_t first = 0;           /* where the first row of the window lies in the ring */
  int32_t ready = -p->pad_top; /* first input row that is not in the ring, where row i lies at (i + pad_top) % rows */
  for (int32_t oy = 0; oy < p->output_h; ++oy, first = (first + p->stride_h) % rows) {
    const int32_t top = oy * p->stride_h - p->pad_top;
    if (ready < top) ready = top;
    for (; ready < top + rows; ++ready) EDGEML_V(expand)(p, x, ready, ring + ((ready + p->pad_top) % rows) * row_bytes);
    for (int32_t i = 0, slot = first; i < p->kernel_h; ++i, slot += p->dilation_h) {
      if (slot >= rows) slot -= rows;
      const uint8_t *const row = ring + slot * row_bytes;
      for (int32_t j = 0; j < p->kernel_w; ++j) job.runs[i * p->kernel_w + j] = row + j * p->dilation_w * p->input_c;
    }
    job.y = y + oy * p->output_w * p->output_c;
    EDGEML_V(row)(&job);
  }
}
