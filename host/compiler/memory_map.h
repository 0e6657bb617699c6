// Where everything of a kernel lies in its tile's SRAM, and with that how much a tile can hold.
#pragma once

#include <cstdint>
#include <string>

#include "firmware/parameters.h"
#include "host/compiler/kernel_graph.h"

namespace tessera {

// Each fills all sizes, addresses and strides of the kernel's parameters (not its colors, parts and
// constants) and returns the bytes of SRAM in use, which may be more than there are: addresses are
// meaningless then.
std::uint32_t lay_out(const EmbeddingWork& work, int in_flight, firmware::embedding_parameters_t& parameters);
std::uint32_t lay_out(const RopeWork& work, int in_flight, firmware::rope_parameters_t& parameters);
std::uint32_t lay_out(const StripeWork& work, int in_flight, firmware::stripe_parameters_t& parameters);
std::uint32_t lay_out(const LinearWork& work, int in_flight, firmware::linear_parameters_t& parameters);
std::uint32_t lay_out(const AttentionWork& work, int in_flight, firmware::attention_parameters_t& parameters);
std::uint32_t lay_out(const LogitsWork& work, int in_flight, firmware::logits_parameters_t& parameters);
std::uint32_t lay_out(const ArgmaxWork& work, int in_flight, firmware::argmax_parameters_t& parameters);

// Bytes of SRAM that a kernel needs; rtl::kSramBytes are there.
std::uint32_t sram_bytes(const Work& work, int in_flight);

// Where a receive buffer begins, and how far its contexts are apart. A rope tile keeps nothing of a token's
// message: its id goes into a scratch word that all contexts share.
struct BufferPlace {
  std::uint32_t address = 0;
  std::uint32_t tag_stride = 0;
};

// The 16 bytes of a rope tile where token ids are dropped: the last that its layout uses.
std::uint32_t rope_scratch_address(const RopeWork& work, int in_flight);

}  // namespace tessera
