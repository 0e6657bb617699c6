// Linears and the embedding (docs/numerics.md, sections "Linear" and "Embedding").
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/golden/trace.h"
#include "host/model/quantize.h"

namespace tessera {

// out[r] = sat(rsh(sum, 16 - fraction_bits)) to `bits` bits for every row, where sum is the sum modulo 2^32
// of the row's rescaled blocks and its bias. `input` is MX with these blocks; `out` is resized to the rows.
void linear(const QuantizedLinear& weights, const Tensor& input, std::span<const BlockRange> blocks,
            int fraction_bits, int bits, std::vector<std::int32_t>& out);

// The sum modulo 2^32 of one row over blocks first to last - 1, without the bias: what a tile contributes
// that holds a part of the inputs. 16 fraction bits.
std::int32_t linear_partial(const QuantizedLinear& weights, int row, const Tensor& input,
                            std::span<const BlockRange> blocks, int first, int last);

// x = sat(rsh(w * M, s - 16)) of a token's row, 16 fraction bits.
void embed(const QuantizedLinear& weights, int token, std::vector<std::int32_t>& x);

}  // namespace tessera
