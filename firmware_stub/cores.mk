# Flags of each core, the same as in edgeml/targets/cores.py and firmware.py (a test compares them).
FIRMWARE_SOURCES := startup.c main.c semihosting.c runtime.c softfloat.c riscv.c
CFLAGS_COMMON := -std=c99 -O2 -g -ffp-contract=off -ffreestanding -fomit-frame-pointer -ffunction-sections -fdata-sections
# added for a library whose kernels were chosen for size
SIZE_FLAGS := -Os
CORES := cortex-m0plus cortex-m3 cortex-m4 cortex-m7 cortex-m33 cortex-m55 rv32imc aarch64

ZIG_FLAGS_cortex-m0plus := -target thumb-freestanding-eabi -mcpu=cortex_m0plus
ZIG_FLAGS_cortex-m3 := -target thumb-freestanding-eabi -mcpu=cortex_m3
ZIG_FLAGS_cortex-m4 := -target thumb-freestanding-eabihf -mcpu=cortex_m4+vfp4d16sp
ZIG_FLAGS_cortex-m7 := -target thumb-freestanding-eabihf -mcpu=cortex_m7+fp_armv8d16
ZIG_FLAGS_cortex-m33 := -target thumb-freestanding-eabihf -mcpu=cortex_m33+dsp+fp_armv8d16sp
ZIG_FLAGS_cortex-m55 := -target thumb-freestanding-eabihf -mcpu=cortex_m55+mve_fp+fp_armv8d16+lob -fno-vectorize
ZIG_FLAGS_rv32imc := -target riscv32-freestanding-none -mcpu=generic_rv32+m+c
ZIG_FLAGS_aarch64 := -target aarch64-freestanding-none -mcpu=cortex_a53

GCC_FLAGS_cortex-m0plus := -mcpu=cortex-m0plus -mthumb -mfloat-abi=soft
GCC_FLAGS_cortex-m3 := -mcpu=cortex-m3 -mthumb -mfloat-abi=soft
GCC_FLAGS_cortex-m4 := -mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard
GCC_FLAGS_cortex-m7 := -mcpu=cortex-m7 -mthumb -mfpu=fpv5-d16 -mfloat-abi=hard
GCC_FLAGS_cortex-m33 := -mcpu=cortex-m33 -mthumb -mfpu=fpv5-sp-d16 -mfloat-abi=hard
GCC_FLAGS_cortex-m55 := -mcpu=cortex-m55 -mthumb -mfloat-abi=hard
