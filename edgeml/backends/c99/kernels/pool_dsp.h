/* The loops of the packed pools. No guard: the kernel's .c file defines
 *   EDGEML_POOL        its function
 *   EDGEML_POOL_PARAMS its parameters
 *   sums               what a window keeps of four channels; begin() makes one
 *   take(s, four)      adds four channels of a pixel
 *   finish(s, count)   four results, as bytes of a word, of a window of `count` pixels
 * and includes this file last. */
#include "compiler.h"
#include "dsp.h"
#include "window.h"

EDGEML_NOINLINE static edgeml_taps clip(int32_t origin, int32_t count, int32_t size) {
  return edgeml_clip_taps(origin, 1, count, size);
}

void EDGEML_POOL(const EDGEML_POOL_PARAMS *params, const int8_t *x, int8_t *y) {
  const int32_t channels = params->channels, row = params->input_w * channels;
  const uint32_t min = 0x01010101u * (uint8_t)params->activation_min;
  const uint32_t max = ~(0x01010101u * (uint8_t)params->activation_max);
  for (int32_t oy = 0; oy < params->output_h; ++oy) {
    const int32_t y0 = oy * params->stride_h - params->pad_top;
    const edgeml_taps rows = clip(y0, params->kernel_h, params->input_h);
    for (int32_t ox = 0; ox < params->output_w; ++ox, y += channels) {
      const int32_t x0 = ox * params->stride_w - params->pad_left;
      const edgeml_taps columns = clip(x0, params->kernel_w, params->input_w);
      const int8_t *const first = x + (y0 + rows.begin) * row + (x0 + columns.begin) * channels;
      int32_t wide = columns.end - columns.begin, high = rows.end - rows.begin;
      const int32_t count = wide * high;
      /* whole rows are one run */
      if (wide == params->input_w) {
        wide = count;
        high = 1;
      }
      for (int32_t done = 0; done < channels; done += 4) {
        /* the last four may be others once more */
        const int32_t c = done < channels - 4 ? done : channels - 4;
        const int8_t *in = first + c;
        sums s = begin();
        for (int32_t i = high; i > 0; --i, in += row - wide * channels)
          for (int32_t j = wide; j > 0; --j, in += channels) take(&s, edgeml_load_word(in));
        /* the smaller is the larger of the complements */
        const uint32_t above = edgeml_max_bytes(finish(&s, count), min);
        edgeml_store_word(y + c, ~edgeml_max_bytes(~above, max));
      }
    }
  }
}
