/* All channels of four pixels: sums by pixel_pairs.h, results by the short form of rescale.h. */
#ifndef EDGEML_PAIR_RUN_H
#define EDGEML_PAIR_RUN_H

#include <stdint.h>

#include "pixel_pairs.h"
#include "rescale.h"

/* What is left to do; the assembly below knows the order. */
typedef struct {
  const uint32_t *patch;      /* (count, 2) pairs of pixels */
  const edgeml_pair_weights *w; /* (channels, count), last weight first */
  int32_t count;              /* a multiple of the group; words, where these hold eight weights */
  const int16_t *extra;       /* for each channel the number of its entries, and place and value of each */
  const int32_t *bias;        /* (channels) */
  const edgeml_rescale *form; /* (channels), or one record of zeros for sums only */
  int8_t *y;                  /* the next channel's result for the first pixel */
  int32_t step;               /* from pixel to pixel */
  int32_t channels;
  int32_t sums[4];
} edgeml_pair_run;

static const edgeml_rescale edgeml_no_form = {0, 0};

#if EDGEML_THUMB1_ASM
/* clang-format off */
/* r4, r5 = the next two words times the next weight */
#if EDGEML_NIBBLES
/* r1 = where the next words lie, lr = where a channel's end; r2 = weights to come in its highest bits */
#define EDGEML_RUN_LOAD \
  "asrs r3, r2, #28\n\t lsls r2, r2, #4\n\t ldmia r0!, {r4, r5}\n\t muls r4, r3, r4\n\t muls r5, r3, r5\n\t"
#define EDGEML_RUN_BEGIN "lsls r2, r2, #2\n\t adds r4, r1, r2\n\t subs r6, #8\n\t str r4, [r6]\n\t mov lr, r4\n\t"
#define EDGEML_RUN_AGAIN "cmp r1, lr\n\t bne 11b\n\t"
#define EDGEML_RUN_WORD "ldmia r1!, {r2}\n\t"
#else
#define EDGEML_RUN_BEGIN "adds r4, r1, r2\n\t subs r6, #8\n\t str r4, [r6]\n\t subs r2, #1\n\t"
#define EDGEML_RUN_AGAIN "cmp r2, #0\n\t bge 11b\n\t"
#define EDGEML_RUN_LOAD \
  "ldrsb r3, [r1, r2]\n\t subs r2, #1\n\t ldmia r0!, {r4, r5}\n\t muls r4, r3, r4\n\t muls r5, r3, r5\n\t"
#endif
#define EDGEML_RUN_FIRST EDGEML_RUN_LOAD "mov r6, r4\n\t mov r7, r5\n\t"
#define EDGEML_RUN_NEXT EDGEML_RUN_LOAD "adds r6, r6, r4\n\t adds r7, r7, r5\n\t"
/* a group of `more` weights and one */
#define EDGEML_RUN_GROUP(more) EDGEML_RUN_FIRST ".rept " more "\n\t" EDGEML_RUN_NEXT "\n\t.endr\n\t"
/* totals r8, r10 and upper halves r9, r11 of the pairs r6, r7; r12 = 0x8000 */
#define EDGEML_RUN_SPLIT \
  "add r8, r6\n\t add r6, r12\n\t asrs r6, r6, #16\n\t add r9, r6\n\t" \
  "add r10, r7\n\t add r7, r12\n\t asrs r7, r7, #16\n\t add r11, r7\n\t"
/* one result: sum, bias lr; form: r0 upper, r1 rest, r7 addend, r2 shift; r3 = where, r12 = step */
#define EDGEML_RUN_RESULT(sum, back, fix) \
  "mov r4, " sum "\n\t add r4, lr\n\t asrs r5, r4, #11\n\t lsls r4, r4, #21\n\t lsrs r4, r4, #21\n\t" \
  "muls r4, r0, r4\n\t lsrs r4, r4, #11\n\t adds r4, r4, r7\n\t movs r6, r5\n\t muls r6, r1, r6\n\t asrs r6, r6, #10\n\t" \
  "adds r4, r4, r6\n\t muls r5, r0, r5\n\t adds r4, r4, r5\n\t asrs r4, r2\n\t" \
  "sxtb r5, r4\n\t cmp r5, r4\n\t bne " fix "f\n" back ":\n\t strb r4, [r3]\n\t add r3, r12\n\t"
#define EDGEML_RUN_FIX(back, fix) \
  fix ":\n\t asrs r4, r4, #31\n\t movs r5, #127\n\t eors r4, r5\n\t b " back "b\n"

/* int32_t name(edgeml_pair_run *): 0 when all channels are done, 1 with the sums of one without a form, which has not
 * been counted yet; its weights and extra entries have. */
#define EDGEML_PAIR_RUN(name, group) \
  int32_t name(edgeml_pair_run *run); \
  __asm__(".pushsection .text." #name ",\"ax\",%progbits\n\t .syntax unified\n\t .thumb\n\t .balign 4\n\t .thumb_func\n\t" \
          ".type " #name ", %function\n" #name ":\n\t" \
          "push {r4, r5, r6, r7, lr}\n\t mov r4, r8\n\t mov r5, r9\n\t mov r6, r10\n\t mov r7, r11\n\t" \
          "push {r0, r4, r5, r6, r7}\n\t b 10f\n" \
          "30:\n\t mov r4, r9\n\t mov r5, r8\n\t mov r6, r11\n\t mov r7, r10\n\t adds r3, #36\n\t" \
          "stmia r3!, {r4, r5, r6, r7}\n\t movs r0, #1\n" \
          "40:\n\t pop {r3, r4, r5, r6, r7}\n\t mov r8, r4\n\t mov r9, r5\n\t mov r10, r6\n\t mov r11, r7\n\t" \
          "pop {r4, r5, r6, r7, pc}\n" \
          "10:\n\t" /* the next channel */ \
          "ldr r6, [sp]\n\t ldr r0, [r6, #32]\n\t cmp r0, #0\n\t beq 40b\n\t" \
          "ldmia r6!, {r0, r1, r2}\n\t" EDGEML_RUN_BEGIN \
          "movs r3, #0\n\t mov r8, r3\n\t mov r9, r3\n\t mov r10, r3\n\t mov r11, r3\n\t" \
          "movs r3, #128\n\t lsls r3, r3, #8\n\t mov r12, r3\n" \
          "11:\n\t" group EDGEML_RUN_SPLIT EDGEML_RUN_AGAIN \
          "ldr r3, [sp]\n\t ldr r2, [r3, #12]\n\t ldrh r1, [r2]\n\t adds r2, #2\n\t cmp r1, #0\n\t beq 13f\n" \
          "12:\n\t" /* an extra entry */ \
          "ldrh r0, [r2]\n\t lsls r0, r0, #3\n\t ldr r4, [r3]\n\t adds r4, r4, r0\n\t ldmia r4!, {r6, r7}\n\t" \
          "movs r0, #2\n\t ldrsh r0, [r2, r0]\n\t muls r6, r0, r6\n\t muls r7, r0, r7\n\t" \
          EDGEML_RUN_SPLIT "adds r2, #4\n\t subs r1, #1\n\t bne 12b\n" \
          "13:\n\t str r2, [r3, #12]\n\t" \
          "mov r4, r9\n\t lsls r4, r4, #16\n\t mov r5, r8\n\t subs r5, r5, r4\n\t mov r8, r5\n\t" \
          "mov r4, r11\n\t lsls r4, r4, #16\n\t mov r5, r10\n\t subs r5, r5, r4\n\t mov r10, r5\n\t" \
          "ldr r5, [r3, #20]\n\t ldmia r5!, {r0, r1}\n\t cmp r0, #0\n\t bne 14f\n\t b 30b\n14:\n\t str r5, [r3, #20]\n\t" \
          "ldr r5, [r3, #16]\n\t ldmia r5!, {r4}\n\t mov lr, r4\n\t str r5, [r3, #16]\n\t" \
          "lsls r2, r1, #27\n\t lsrs r2, r2, #27\n\t asrs r7, r1, #5\n\t" \
          "lsls r1, r0, #22\n\t lsrs r1, r1, #22\n\t asrs r0, r0, #10\n\t" \
          "ldr r5, [r3, #32]\n\t subs r5, #1\n\t str r5, [r3, #32]\n\t ldr r5, [r3, #28]\n\t mov r12, r5\n\t" \
          "ldr r4, [r3, #24]\n\t adds r5, r4, #1\n\t str r5, [r3, #24]\n\t movs r3, r4\n\t" \
          EDGEML_RUN_RESULT("r9", "21", "22") EDGEML_RUN_RESULT("r8", "23", "24") \
          EDGEML_RUN_RESULT("r11", "25", "26") EDGEML_RUN_RESULT("r10", "27", "28") "b 10b\n" \
          EDGEML_RUN_FIX("21", "22") EDGEML_RUN_FIX("23", "24") EDGEML_RUN_FIX("25", "26") EDGEML_RUN_FIX("27", "28") \
          ".size " #name ", . - " #name "\n\t .popsection\n");
/* clang-format on */

#if EDGEML_NIBBLES
EDGEML_PAIR_RUN(edgeml_pair_run_8, EDGEML_RUN_WORD EDGEML_RUN_GROUP("7"))
EDGEML_PAIR_RUN(edgeml_pair_run_16, EDGEML_RUN_WORD EDGEML_RUN_GROUP("7") EDGEML_RUN_WORD ".rept 8\n\t" EDGEML_RUN_NEXT "\n\t.endr\n\t")
#else
EDGEML_PAIR_RUN(edgeml_pair_run_2, EDGEML_RUN_GROUP("1"))
EDGEML_PAIR_RUN(edgeml_pair_run_4, EDGEML_RUN_GROUP("3"))
EDGEML_PAIR_RUN(edgeml_pair_run_8, EDGEML_RUN_GROUP("7"))
EDGEML_PAIR_RUN(edgeml_pair_run_16, EDGEML_RUN_GROUP("15"))
#endif
#else
#if !EDGEML_NIBBLES
EDGEML_PAIR_SUMS(edgeml_pair_sums_2, EDGEML_PAIR_GROUP_2)
EDGEML_PAIR_SUMS(edgeml_pair_sums_4, EDGEML_PAIR_GROUP_4)
#endif
EDGEML_PAIR_SUMS(edgeml_pair_sums_8, EDGEML_PAIR_GROUP_8)
EDGEML_PAIR_SUMS(edgeml_pair_sums_16, EDGEML_PAIR_GROUP_16)

#define EDGEML_PAIR_RUN(name, sums_of)                                                          \
  static int32_t name(edgeml_pair_run *run) {                                                   \
    for (; run->channels != 0; --run->channels, ++run->bias, ++run->form, ++run->y) {           \
      edgeml_four_sums found;                                                                   \
      sums_of(&found, run->patch, run->w, run->count);                                          \
      run->w += run->count;                                                                     \
      run->extra = edgeml_add_extra(&found, run->patch, run->extra);                            \
      for (int32_t i = 0; i < 4; ++i) run->sums[i] = found.value[i];                            \
      if (run->form->multiplier == 0) return 1;                                                 \
      const edgeml_short_form form = edgeml_unpack_short(*run->form);                           \
      for (int32_t i = 0; i < 4; ++i)                                                           \
        run->y[i * run->step] =                                                                 \
            (int8_t)edgeml_rescale_short_s8(edgeml_plus(found.value[i], *run->bias), form, -128, 127); \
    }                                                                                           \
    return 0;                                                                                   \
  }

#if !EDGEML_NIBBLES
EDGEML_PAIR_RUN(edgeml_pair_run_2, edgeml_pair_sums_2)
EDGEML_PAIR_RUN(edgeml_pair_run_4, edgeml_pair_sums_4)
#endif
EDGEML_PAIR_RUN(edgeml_pair_run_8, edgeml_pair_sums_8)
EDGEML_PAIR_RUN(edgeml_pair_run_16, edgeml_pair_sums_16)
#endif

#endif
