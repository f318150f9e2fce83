/* A plugin for QEMU's TCG that counts basic blocks with block_hook.c, in a file that edgeml maps too.
 *
 * plugin.py writes the file: the header, the layer that starts at each halfword, the layers that share code, and an empty
 * table. The few declarations of QEMU's plugin interface are here, for its header is rarely packaged. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "block_hook.c"

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef void (*translate_callback)(qemu_plugin_id_t, struct qemu_plugin_tb *);
typedef void (*execute_callback)(unsigned, void *);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, translate_callback callback);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, execute_callback callback, int flags, void *user);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *instruction);

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = EDGEML_PLUGIN_VERSION;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv);

typedef struct {
  uint64_t counting; /* blocks count only while it is not 0 */
  uint64_t overflow;
  uint64_t entries; /* of the table, a power of two */
  uint64_t code_start, code_size;
  uint64_t layers;
} edgeml_shared;

static edgeml_shared *shared;
static edgeml_counter counter;

/* The start and size of a block, in one word of the callback: code lies below 4 GiB, blocks are short. */
static void executed(unsigned cpu, void *user) {
  (void)cpu;
  if (!shared->counting) return;
  const uint64_t block = (uint64_t)(uintptr_t)user;
  edgeml_count_block(NULL, block & 0xFFFFFFFFu, (uint32_t)(block >> 32), &counter);
  if (counter.overflow) shared->overflow = 1;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
  uint64_t size = 0;
  (void)id;
  for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); ++i) size += qemu_plugin_insn_size(qemu_plugin_tb_get_insn(tb, i));
  const uint64_t block = (qemu_plugin_tb_vaddr(tb) & 0xFFFFFFFFu) | (size << 32);
  qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, 0, (void *)(uintptr_t)block);
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv) {
  static const char name[] = "counts=";
  struct stat status;
  (void)info;
  if (argc != 1 || strncmp(argv[0], name, sizeof name - 1) != 0) return 1;
  const int file = open(argv[0] + sizeof name - 1, O_RDWR);
  if (file < 0 || fstat(file, &status) != 0) return 1;
  void *const memory = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  (void)close(file);
  if (memory == MAP_FAILED) return 1;
  shared = memory;
  counter.table = (edgeml_block *)(shared + 1);
  counter.mask = shared->entries - 1;
  counter.limit = shared->entries / 4 * 3;
  counter.code_start = shared->code_start;
  counter.code_size = shared->code_size;
  counter.entry_of = (const int32_t *)(counter.table + shared->entries);
  counter.same_entry = counter.entry_of + shared->code_size / 2;
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  return 0;
}
