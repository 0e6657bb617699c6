#include "host/runtime/embedded_firmware.h"

// The assembler puts the files between a pair of symbols for each.
#define TESSERA_EMBED(name)                                                                    \
  __asm__(                                                                                     \
      ".section .rodata\n"                                                                     \
      "tessera_kernel_" #name                                                                  \
      ":\n"                                                                                    \
      ".incbin \"" TESSERA_FIRMWARE_DIRECTORY "/" #name                                        \
      ".bin\"\n"                                                                               \
      "tessera_kernel_" #name                                                                  \
      "_end:\n"                                                                                \
      ".previous\n");                                                                          \
  extern "C" const std::uint8_t tessera_kernel_##name[] __attribute__((visibility("hidden"))); \
  extern "C" const std::uint8_t tessera_kernel_##name##_end[] __attribute__((visibility("hidden")))

TESSERA_EMBED(embedding);
TESSERA_EMBED(rope);
TESSERA_EMBED(stripe);
TESSERA_EMBED(linear);
TESSERA_EMBED(attention);
TESSERA_EMBED(logits);
TESSERA_EMBED(argmax);
TESSERA_EMBED(bench_load);

#undef TESSERA_EMBED

namespace tessera {

Firmware embedded_firmware() {
  Firmware firmware;
  const auto add = [&](const char* name, const std::uint8_t* begin, const std::uint8_t* end) {
    firmware.kernels[name].assign(begin, end);
  };
  add("embedding", tessera_kernel_embedding, tessera_kernel_embedding_end);
  add("rope", tessera_kernel_rope, tessera_kernel_rope_end);
  add("stripe", tessera_kernel_stripe, tessera_kernel_stripe_end);
  add("linear", tessera_kernel_linear, tessera_kernel_linear_end);
  add("attention", tessera_kernel_attention, tessera_kernel_attention_end);
  add("logits", tessera_kernel_logits, tessera_kernel_logits_end);
  add("argmax", tessera_kernel_argmax, tessera_kernel_argmax_end);
  return firmware;
}

std::span<const std::uint8_t> embedded_bench_load() {
  return {tessera_kernel_bench_load, tessera_kernel_bench_load_end};
}

}  // namespace tessera
