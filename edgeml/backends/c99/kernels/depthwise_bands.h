/* The loops over bands and channels of the packed depthwise kernels. No guard: the kernel's .c file defines
 *   context                                what its channels share
 *   channel(c, plane, rows, o, y)          computes `rows` rows of output channel o, from y on, of its plane
 * and includes this file before its own function, which calls edgeml_for_bands. */

static inline void edgeml_for_bands(const edgeml_depthwise_planes_params *p, context *c, const int8_t *x,
                                    uint32_t *scratch, int8_t *y) {
  edgeml_plane_rows rows = edgeml_plane_prepare(p, scratch);
  int8_t *band = y;
  for (int32_t oy = 0; oy < p->output_h; oy += p->band_h, band += p->band_h * p->y_row) {
    const int32_t count = p->output_h - oy < p->band_h ? p->output_h - oy : p->band_h;
    int32_t o = 0, left = p->multiplier;
    for (int32_t done = 0; done < p->channels;) {
      /* the last four may be others once more */
      const int32_t first = done < p->channels - 4 ? done : p->channels - 4;
      edgeml_put_band(p, &rows, scratch, x + first, oy * p->stride_h - p->pad_top, count);
      const uint32_t *plane = scratch + (done - first) * rows.plane;
      while (done < first + 4) {
        channel(c, plane, count, o, band + o);
        ++o;
        if (--left > 0) continue;
        left = p->multiplier;
        ++done;
        plane += rows.plane;
      }
    }
  }
  if (p->activation_min == -128 && p->activation_max == 127) return;
  for (int32_t i = p->output_h * p->output_w * p->channels * p->multiplier; i > 0; --i, ++y)
    *y = (int8_t)edgeml_clamp_s32(*y, p->activation_min, p->activation_max);
}
