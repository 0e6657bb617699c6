// Matrix products of float32 for training: one kernel, whose operand A may be strided either way, serves the
// forward pass and both halves of the backward pass.
#pragma once

namespace tessera {

// A view of A[rows][inner], where the element (row, k) lies at data[row * row_stride + k * inner_stride]: a
// transposed matrix needs no copy.
struct StridedView {
  const float* data;
  int row_stride;
  int inner_stride;
};

enum class Product { kOverwrite, kAdd };

// result[rows][columns] = (or +=) A[rows][inner] * B[inner][columns]. B's rows lie `b_stride` floats apart
// and the result's `result_stride`. Fastest when `columns` is a multiple of 16. The order of the sums is
// fixed, so the same operands give the same bits.
void multiply(int rows, int columns, int inner, StridedView a, const float* b, int b_stride, float* result,
              int result_stride, Product product);

// destination[columns][rows] = source[rows][columns] transposed; `source_stride` and `destination_stride` are
// the distances of their rows in floats.
void transpose(const float* source, int rows, int columns, int source_stride, float* destination,
               int destination_stride);

}  // namespace tessera
