#include "host/train/matrix.h"

#include <algorithm>

namespace tessera {
namespace {

constexpr int kLanes = 16;
// Six rows by sixteen columns: twelve registers of eight floats (or six of sixteen) hold the sums, which
// leaves room for a row of B and one broadcast element of A, and hides the latency of the multiply-adds.
constexpr int kBlockRows = 6;
// The rows of B that one sweep uses: 16 columns of them stay in the first-level cache.
constexpr int kBlockInner = 256;
// From this many rows on, copying those columns together pays: rows of B that lie a power of two apart would
// otherwise fall on the same few sets of the cache.
constexpr int kRowsToPack = 4 * kBlockRows;

// Sixteen floats, loaded from any float's address.
typedef float Lanes __attribute__((vector_size(kLanes * sizeof(float)), aligned(sizeof(float)), may_alias));

template <int Rows>
void multiply_block(int inner, StridedView a, const float* b, int b_stride, float* result, int result_stride,
                    bool add) {
  Lanes sums[Rows] = {};
  for (int k = 0; k < inner; ++k) {
    const Lanes b_row = *reinterpret_cast<const Lanes*>(b + static_cast<long>(k) * b_stride);
    const float* column = a.data + static_cast<long>(k) * a.inner_stride;
#pragma GCC unroll 6
    for (int row = 0; row < Rows; ++row) sums[row] += column[static_cast<long>(row) * a.row_stride] * b_row;
  }
  for (int row = 0; row < Rows; ++row) {
    Lanes* target = reinterpret_cast<Lanes*>(result + static_cast<long>(row) * result_stride);
    *target = add ? *target + sums[row] : sums[row];
  }
}

void multiply_rows(int rows, int inner, StridedView a, const float* b, int b_stride, float* result,
                   int result_stride, bool add) {
  switch (rows) {
    case 1:
      return multiply_block<1>(inner, a, b, b_stride, result, result_stride, add);
    case 2:
      return multiply_block<2>(inner, a, b, b_stride, result, result_stride, add);
    case 3:
      return multiply_block<3>(inner, a, b, b_stride, result, result_stride, add);
    case 4:
      return multiply_block<4>(inner, a, b, b_stride, result, result_stride, add);
    case 5:
      return multiply_block<5>(inner, a, b, b_stride, result, result_stride, add);
    default:
      return multiply_block<kBlockRows>(inner, a, b, b_stride, result, result_stride, add);
  }
}

// The columns after the last whole group of sixteen.
void multiply_remainder(int rows, int columns, int inner, StridedView a, const float* b, int b_stride,
                        float* result, int result_stride, bool add) {
  for (int row = 0; row < rows; ++row) {
    const float* a_row = a.data + static_cast<long>(row) * a.row_stride;
    float* target = result + static_cast<long>(row) * result_stride;
    if (!add) std::fill(target, target + columns, 0.0f);
    for (int k = 0; k < inner; ++k) {
      const float factor = a_row[static_cast<long>(k) * a.inner_stride];
      const float* b_row = b + static_cast<long>(k) * b_stride;
      for (int column = 0; column < columns; ++column) target[column] += factor * b_row[column];
    }
  }
}

void pack(int inner, const float* b, int b_stride, float* packed) {
  for (int k = 0; k < inner; ++k) {
    *reinterpret_cast<Lanes*>(packed + k * kLanes) =
        *reinterpret_cast<const Lanes*>(b + static_cast<long>(k) * b_stride);
  }
}

}  // namespace

void multiply(int rows, int columns, int inner, StridedView a, const float* b, int b_stride, float* result,
              int result_stride, Product product) {
  alignas(64) float packed[kBlockInner * kLanes];
  const int whole = columns - columns % kLanes;
  for (int k = 0; k < inner; k += kBlockInner) {
    const int depth = std::min(kBlockInner, inner - k);
    const bool add = product == Product::kAdd || k > 0;
    const StridedView a_block{a.data + static_cast<long>(k) * a.inner_stride, a.row_stride, a.inner_stride};
    const float* b_block = b + static_cast<long>(k) * b_stride;
    for (int column = 0; column < whole; column += kLanes) {
      const float* panel = b_block + column;
      int panel_stride = b_stride;
      if (rows >= kRowsToPack) {
        pack(depth, panel, b_stride, packed);
        panel = packed;
        panel_stride = kLanes;
      }
      for (int row = 0; row < rows; row += kBlockRows) {
        const StridedView a_rows{a_block.data + static_cast<long>(row) * a.row_stride, a.row_stride,
                                 a.inner_stride};
        multiply_rows(std::min(kBlockRows, rows - row), depth, a_rows, panel, panel_stride,
                      result + static_cast<long>(row) * result_stride + column, result_stride, add);
      }
    }
    if (whole < columns) {
      multiply_remainder(rows, columns - whole, depth, a_block, b_block + whole, b_stride, result + whole,
                         result_stride, add);
    }
  }
}

void transpose(const float* source, int rows, int columns, int source_stride, float* destination,
               int destination_stride) {
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      destination[static_cast<long>(column) * destination_stride + row] =
          source[static_cast<long>(row) * source_stride + column];
    }
  }
}

}  // namespace tessera
