#include "host/runtime/expected.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>

#include "host/golden/golden.h"
#include "host/golden/sampling.h"

namespace tessera {
namespace {

// Elements of `bits` bits, packed little-endian, zeros behind the last.
void pack(std::span<const std::int32_t> values, int length, int bits, std::vector<std::uint32_t>& words) {
  const int per_word = 32 / bits;
  const std::uint32_t mask = bits == 32 ? ~0u : (1u << bits) - 1;
  words.assign(static_cast<size_t>((length + per_word - 1) / per_word), 0);
  for (size_t i = 0; i < values.size(); ++i)
    words[i / per_word] |= (static_cast<std::uint32_t>(values[i]) & mask) << (bits * (i % per_word));
}

std::span<const std::int32_t> elements(const Trace& trace, const MessageTensor& tensor) {
  return std::span(trace.at(tensor.op, tensor.layer).values).subspan(tensor.first, tensor.count);
}

void rope_row(const QuantizedModel& model, int position, int length, std::vector<std::uint32_t>& words) {
  const int pairs = model.config.head_dim() / 2;
  words.assign(static_cast<size_t>(length / 2), 0);
  for (int i = 0; i < pairs; ++i) {
    const size_t at = static_cast<size_t>(position) * pairs + i;
    words[i] = static_cast<std::uint16_t>(model.rope_cosine[at]) |
               static_cast<std::uint32_t>(static_cast<std::uint16_t>(model.rope_sine[at])) << 16;
  }
}

std::uint64_t squares(const Trace& trace, const MessageTensor& tensor) {
  const std::vector<std::uint64_t>& blocks = trace.squares_at(tensor.op, tensor.layer);
  const int end = (tensor.first + tensor.count + kBlockColumns - 1) / kBlockColumns;
  std::uint64_t sum = 0;
  for (int block = tensor.first / kBlockColumns; block < end; ++block) sum += blocks[block];
  return sum;
}

std::int64_t element(std::uint32_t word, int bits, int index) {
  const int shift = bits * index;
  if (bits == 8) return static_cast<std::int8_t>(word >> shift);
  if (bits == 16) return static_cast<std::int16_t>(word >> shift);
  return static_cast<std::int32_t>(word);
}

// Bits of an element, for messages that are nothing but elements.
int element_bits(const MessageTensor& tensor, int word) {
  switch (tensor.format) {
    case MessageFormat::kInt16Rows:
    case MessageFormat::kRopeRow:
      return 16;
    case MessageFormat::kMx:
      return word < tensor.length / 4 ? 8 : 32;
    default:
      return 32;
  }
}

}  // namespace

void expected_words(const QuantizedModel& model, const Trace& trace, const MessageTensor& tensor,
                    std::vector<std::uint32_t>& words) {
  switch (tensor.format) {
    case MessageFormat::kToken:
      words = {static_cast<std::uint32_t>(trace.token)};
      return;
    case MessageFormat::kInt32Rows:
    case MessageFormat::kLogits:
      pack(elements(trace, tensor), tensor.length, 32, words);
      return;
    case MessageFormat::kPartialRows: {
      std::vector<std::int32_t> rows(static_cast<size_t>(tensor.count));
      partial_rows(model, trace, tensor.op, tensor.layer, tensor.first, tensor.first_block,
                   tensor.first_block + tensor.blocks, rows);
      pack(rows, tensor.length, 32, words);
      return;
    }
    case MessageFormat::kInt16Rows:
      pack(elements(trace, tensor), tensor.length, 16, words);
      return;
    case MessageFormat::kMx: {
      pack(elements(trace, tensor), tensor.length, 8, words);
      const int block = block_of(model.config, tensor.op, tensor.first);
      words.push_back(static_cast<std::uint32_t>(trace.at(tensor.op, tensor.layer).exponents[block]));
      return;
    }
    case MessageFormat::kSquares: {
      const std::uint64_t sum = squares(trace, tensor);
      words = {static_cast<std::uint32_t>(sum), static_cast<std::uint32_t>(sum >> 32)};
      return;
    }
    case MessageFormat::kWinner:
    case MessageFormat::kAnswer: {
      const std::span<const std::int32_t> logits = elements(trace, tensor);
      const int best = argmax(logits);
      const auto id = static_cast<std::uint32_t>(tensor.first + best);
      const auto value = static_cast<std::uint32_t>(logits[best]);
      words = tensor.format == MessageFormat::kWinner ? std::vector{value, id} : std::vector{id, value};
      return;
    }
    case MessageFormat::kRopeRow:
      rope_row(model, trace.position, tensor.length, words);
      return;
  }
}

int value_count(const MessageTensor& tensor) {
  switch (tensor.format) {
    case MessageFormat::kToken:
    case MessageFormat::kSquares:
      return 1;
    case MessageFormat::kWinner:
    case MessageFormat::kAnswer:
      return 2;
    case MessageFormat::kMx:
      return tensor.count + 1;
    case MessageFormat::kRopeRow:
      return tensor.length;
    case MessageFormat::kInt32Rows:
    case MessageFormat::kPartialRows:
    case MessageFormat::kInt16Rows:
    case MessageFormat::kLogits:
      return tensor.count;
  }
  return 0;
}

ValueDifference find_difference(const MessageTensor& tensor, const ModelConfig& config, int word,
                                std::uint32_t expected, std::uint32_t got) {
  const int bits = element_bits(tensor, word);
  const int per_word = 32 / bits;
  int at = 0;
  while (at + 1 < per_word && element(expected, bits, at) == element(got, bits, at)) ++at;
  ValueDifference difference{op_name(tensor.op), tensor.first + word * per_word + at,
                             element(expected, bits, at), element(got, bits, at)};
  switch (tensor.format) {
    case MessageFormat::kMx:
      if (bits == 32) {
        difference.name = fmt::format("exponent of {}", op_name(tensor.op));
        difference.index = block_of(config, tensor.op, tensor.first);
      }
      break;
    case MessageFormat::kSquares:
      difference.name =
          fmt::format("{} half of squares of {}", word == 0 ? "low" : "high", op_name(tensor.op));
      difference.index = tensor.first / kBlockColumns;
      difference.expected = expected;
      difference.got = got;
      break;
    case MessageFormat::kWinner:
    case MessageFormat::kAnswer: {
      const bool is_value = (word == 0) == (tensor.format == MessageFormat::kWinner);
      difference.name = is_value ? "greatest of logits" : "token id of the greatest of logits";
      difference.index = tensor.first;
      break;
    }
    case MessageFormat::kPartialRows:
      difference.name = fmt::format("blocks {} to {} of {}", tensor.first_block,
                                    tensor.first_block + tensor.blocks - 1, op_name(tensor.op));
      break;
    case MessageFormat::kRopeRow:
      difference.name = "rope row";
      break;
    case MessageFormat::kToken:
      difference.name = "token id";
      break;
    default:
      break;
  }
  return difference;
}

}  // namespace tessera
