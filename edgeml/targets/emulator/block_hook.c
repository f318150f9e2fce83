/* Counts the basic blocks that an emulated core executes.
 *
 * Registered with unicorn's uc_hook_add as a UC_HOOK_BLOCK callback; the caller owns all memory. A block
 * is known by (start, size, layer): `executed` counts its runs, `taken` how often the block that
 * followed did not begin where this one ends. hook.py holds the same in Python. */
#include <stdint.h>

typedef struct {
  uint64_t start;
  uint64_t executed; /* 0 marks a free entry */
  uint64_t taken;
  uint32_t size;
  int32_t layer;
} edgeml_block;

typedef struct {
  edgeml_block *table; /* open addressing; `mask` + 1 entries, a power of two */
  uint64_t mask;
  uint64_t used;
  uint64_t limit; /* entries that may be used; beyond it `overflow` is set */
  edgeml_block *previous;
  uint64_t previous_end;
  uint64_t code_start, code_size;
  const int32_t *entry_of; /* for each halfword of code: layer that starts there, or -1 */
  const int32_t *same_entry; /* for each layer: the next one with the same code, or -1 */
  int32_t layer;
  int32_t overflow;
} edgeml_counter;

void edgeml_count_block(void *engine, uint64_t address, uint32_t size, void *user) {
  edgeml_counter *c = user;
  (void)engine;
  if (address - c->code_start < c->code_size) {
    int32_t entered = c->entry_of[(address - c->code_start) >> 1];
    if (entered >= 0) {
      while (entered <= c->layer && c->same_entry[entered] >= 0) entered = c->same_entry[entered];
      c->layer = entered;
    }
  }
  if (c->previous != 0 && address != c->previous_end) c->previous->taken++;

  const uint64_t key = (address ^ ((uint64_t)size << 32)) + (uint64_t)(uint32_t)c->layer * 0x9E3779B1u;
  uint64_t at = ((key * 0x9E3779B97F4A7C15u) >> 32) & c->mask;
  edgeml_block *b = &c->table[at];
  while (b->executed != 0 && (b->start != address || b->size != size || b->layer != c->layer)) {
    at = (at + 1u) & c->mask;
    b = &c->table[at];
  }
  if (b->executed == 0) {
    if (c->used >= c->limit) {
      c->overflow = 1;
      return;
    }
    c->used++;
    b->start = address;
    b->size = size;
    b->layer = c->layer;
  }
  b->executed++;
  c->previous = b;
  c->previous_end = address + size;
}
