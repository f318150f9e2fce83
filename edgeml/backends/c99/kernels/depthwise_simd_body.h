/* depthwise_simd_s8.c for one level of simd.h. No guard: that file defines EDGEML_LEVEL. */

/* `count` outputs, of the bytes of x from `from` on. */
EDGEML_V(target) static void EDGEML_V(segment)(const row_job *job, int32_t from, int32_t count, int8_t *restrict y) {
  enum { BYTES = 4 * EDGEML_V(lanes) };
  const int32_t chunk_bytes = job->groups * 256;
  int32_t chunk = 0, part = 0; /* part: bytes into the chunk */
  for (int32_t i = 0; i < count; i += BYTES, y += BYTES) {
    const int8_t *w = job->w + chunk * chunk_bytes + part;
    const int32_t *const bias = job->bias + 64 * chunk + part / 4;
    const float *const scale = job->scale + 64 * chunk + part / 4;
    const uint8_t *const *tap = job->taps;
    EDGEML_V(vec) sum[4], x[4];
    EDGEML_UNROLL
    for (int v = 0; v < 4; ++v) sum[v] = EDGEML_V(load)(bias + 16 * v);
    for (int32_t g = job->groups; g > 0; --g, tap += 4, w += 256) {
      EDGEML_V(quads)
      (x, EDGEML_V(load)(tap[0] + from + i), EDGEML_V(load)(tap[1] + from + i), EDGEML_V(load)(tap[2] + from + i),
       EDGEML_V(load)(tap[3] + from + i));
      EDGEML_UNROLL
      for (int v = 0; v < 4; ++v) sum[v] = EDGEML_V(dot4)(sum[v], x[v], EDGEML_V(load)(w + 64 * v));
    }
    EDGEML_UNROLL
    for (int v = 0; v < 4; ++v) sum[v] = EDGEML_V(steps)(sum[v], scale + 16 * v, &job->range);
    EDGEML_V(put_quads)(y, sum, at_most(count - i, BYTES));
    part += BYTES;
    if (part == 64) {
      part = 0;
      chunk = chunk + 1 == job->chunks ? 0 : chunk + 1;
    }
  }
}

/* One pixel, each channel `multiplier` times. */
EDGEML_INLINE EDGEML_V(target) void EDGEML_V(pixel)(const edgeml_depthwise_simd_s8_params *p, uint8_t *restrict to,
                                                    const int8_t *restrict x) {
  if (p->multiplier == 1) {
    EDGEML_V(flip_bytes)(to, x, p->input_c);
    return;
  }
  for (int32_t c = 0; c < p->input_c; ++c) {
    uint8_t flipped = 0;
    EDGEML_V(flip_bytes)(&flipped, x + c, 1);
    for (int32_t m = 0; m < p->multiplier; ++m) *to++ = flipped;
  }
}

/* Input row `iy` with its padding: column j of the padded image is pixel j / stride_w of plane j % stride_w, so that
 * a tap's bytes of neighbouring outputs lie side by side. */
EDGEML_V(target) static void EDGEML_V(expand)(const edgeml_depthwise_simd_s8_params *p, const int8_t *restrict x,
                                              int32_t iy, uint8_t *restrict to) {
  const int32_t c = p->output_c, plane = ((p->columns + p->stride_w - 1) / p->stride_w) * c;
  const int32_t inside = iy >= 0 && iy < p->input_h;
  const int32_t begin = inside ? at_most(p->pad_left, p->columns) : p->columns;
  const int32_t end = inside ? at_most(p->pad_left + p->input_w, p->columns) : p->columns;
  const int8_t zero = (int8_t)p->input_zero_point;
  uint8_t padding = 0;
  EDGEML_V(flip_bytes)(&padding, &zero, 1);
  x += inside ? iy * p->input_w * p->input_c : 0;
  if (p->stride_w == 1) {
    for (int32_t i = 0; i < begin * c; ++i) to[i] = padding;
    for (int32_t i = end * c; i < p->columns * c; ++i) to[i] = padding;
    if (p->multiplier == 1 && end > begin) {
      EDGEML_V(flip_bytes)(to + begin * c, x, (end - begin) * c);
      return;
    }
  }
  int32_t phase = 0, index = 0;
  for (int32_t j = 0; j < p->columns; ++j) {
    uint8_t *const pixel = to + phase * plane + index * c;
    if (j >= begin && j < end)
      EDGEML_V(pixel)(p, pixel, x + (j - p->pad_left) * p->input_c);
    else
      for (int32_t i = 0; i < c; ++i) pixel[i] = padding;
    if (++phase == p->stride_w) {
      phase = 0;
      ++index;
    }
  }
}

EDGEML_V(target) static void EDGEML_V(depthwise)(const edgeml_depthwise_simd_s8_params *p, const int8_t *restrict x,
                                                 const int8_t *restrict w, const int32_t *restrict bias,
                                                 const float *restrict scale, void *restrict scratch,
                                                 int8_t *restrict y) {
  uint8_t *const ring = scratch;
  const int32_t rows = (p->kernel_h - 1) * p->dilation_h + 1, zero = p->output_zero_point, taps = p->kernel_h * p->kernel_w;
  const int32_t plane = ((p->columns + p->stride_w - 1) / p->stride_w) * p->output_c, row_bytes = plane * p->stride_w;
  int32_t offsets[EDGEML_DEPTHWISE_SIMD_TAPS]; /* of the taps in a row */
  row_job job;
  job.groups = (taps + 3) / 4;
  job.chunks = p->chunks;
  job.w = w;
  job.bias = bias + EDGEML_V(bias_row) * 64 * p->chunks;
  job.scale = scale;
  job.range.low = (float)(p->activation_min - zero);
  job.range.high = (float)(p->activation_max - zero);
  job.range.zero = zero;
  /* taps without weights read what there is */
  for (int32_t t = taps; t < 4 * job.groups; ++t) job.taps[t] = ring;
  for (int32_t j = 0; j < p->kernel_w; ++j) {
    const int32_t column = j * p->dilation_w;
    offsets[j] = (column % p->stride_w) * plane + (column / p->stride_w) * p->output_c;
  }
  int32_t first = 0;           /* where the first row of the window lies in the ring */
  int32_t ready = -p->pad_top; /* first input row that is not in the ring, where row i lies at (i + pad_top) % rows */
  for (int32_t oy = 0; oy < p->output_h; ++oy, first = (first + p->stride_h) % rows) {
    const int32_t top = oy * p->stride_h - p->pad_top;
    if (ready < top) ready = top;
    for (; ready < top + rows; ++ready) EDGEML_V(expand)(p, x, ready, ring + ((ready + p->pad_top) % rows) * row_bytes);
    for (int32_t i = 0, t = 0, slot = first; i < p->kernel_h; ++i, slot += p->dilation_h) {
      if (slot >= rows) slot -= rows;
      const uint8_t *const row = ring + slot * row_bytes;
      for (int32_t j = 0; j < p->kernel_w; ++j, ++t) job.taps[t] = row + offsets[j];
    }
    for (int32_t s = 0; s < p->segments; ++s, y += p->segment) EDGEML_V(segment)(&job, s * p->segment, p->segment, y);
  }
}
