#include "tests/host/compiler/cases.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/golden/linear.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

int pick(std::mt19937_64& random, std::initializer_list<int> from) {
  return *(from.begin() + random() % from.size());
}

int between(std::mt19937_64& random, int low, int high) {
  return low + static_cast<int>(random() % static_cast<std::uint64_t>(high - low + 1));
}

}  // namespace

Firmware fake_firmware() {
  Firmware firmware;
  for (const char* name : {"embedding", "rope", "stripe", "linear", "attention", "logits", "argmax"})
    firmware.kernels[name] = std::vector<std::uint8_t>(64, static_cast<std::uint8_t>(name[0]));
  return firmware;
}

ModelConfig random_shape(std::mt19937_64& random) {
  ModelConfig config;
  config.kv_heads = pick(random, {1, 2, 3, 4});
  config.heads = config.kv_heads * pick(random, {1, 1, 2, 3, 4});
  config.dim = config.heads * pick(random, {2, 4, 6, 8, 10, 16, 18, 24, 32, 34, 48});
  while (config.dim > 256) config.dim /= 2;
  config.dim = config.dim / (2 * config.heads) * 2 * config.heads;
  config.hidden_dim = between(random, 1, 200);
  config.layers = between(random, 1, 3);
  config.vocabulary = between(random, 3, 600);
  config.context = between(random, 1, 80);
  config.tied = random() % 2 == 0;
  return config;
}

WaferConfig random_wafer(std::mt19937_64& random) {
  WaferConfig config;
  config.columns = between(random, 5, 16);
  config.rows = between(random, 5, 16);
  config.in_flight = between(random, 1, 4);
  config.slots = pick(random, {0, 1, 2});
  config.seed = random();
  const double dead = between(random, 0, 20) / 100.0;
  add_random_defects(config, dead, dead / 2, random());
  return config;
}

QuantizedModel quantized_random_model(const ModelConfig& config, std::uint64_t seed) {
  return quantize(random_model(config, seed));
}

std::string name_of(const ModelConfig& config) {
  return fmt::format("dim {}, hidden {}, layers {}, heads {}/{}, vocabulary {}, context {}{}", config.dim,
                     config.hidden_dim, config.layers, config.heads, config.kv_heads, config.vocabulary,
                     config.context, config.tied ? ", tied" : "");
}

std::vector<std::uint32_t> golden_payload(const QuantizedModel& model, const Trace& trace,
                                          const MessageTensor& tensor) {
  std::vector<std::uint32_t> words(static_cast<size_t>(message_words(tensor)), 0);
  const auto& values = trace.at(tensor.op, tensor.layer).values;
  const auto put = [&](int index, std::int32_t value, int bits) {
    const int per_word = 32 / bits;
    const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
    words[static_cast<size_t>(index / per_word)] |=
        static_cast<std::uint32_t>((static_cast<std::uint32_t>(value) & mask) << (bits * (index % per_word)));
  };
  const auto put_all = [&](int bits) {
    for (int i = 0; i < tensor.count; ++i) put(i, values[static_cast<size_t>(tensor.first + i)], bits);
  };
  switch (tensor.format) {
    case MessageFormat::kToken:
      words[0] = static_cast<std::uint32_t>(trace.token);
      break;
    case MessageFormat::kInt32Rows:
    case MessageFormat::kLogits:
      put_all(32);
      break;
    case MessageFormat::kPartialRows: {
      const bool down = tensor.op == Op::kDown;
      const QuantizedLayer& layer = model.layers[static_cast<size_t>(tensor.layer)];
      const QuantizedLinear& linear = down ? layer.down : layer.attention_output;
      const Op input = down ? Op::kHidden : Op::kAttention;
      for (int i = 0; i < tensor.count; ++i) {
        auto sum = static_cast<std::uint32_t>(linear_partial(
            linear, tensor.first + i, trace.at(input, tensor.layer), block_ranges(model.config, input),
            tensor.first_block, tensor.first_block + tensor.blocks));
        if (tensor.first_block == 0 && !linear.bias.empty())
          sum += static_cast<std::uint32_t>(linear.bias[static_cast<size_t>(tensor.first + i)]);
        words[static_cast<size_t>(i)] = sum;
      }
      break;
    }
    case MessageFormat::kInt16Rows:
      put_all(16);
      break;
    case MessageFormat::kMx: {
      put_all(8);
      const int block = block_of(model.config, tensor.op, tensor.first);
      words.back() =
          static_cast<std::uint32_t>(trace.at(tensor.op, tensor.layer).exponents[static_cast<size_t>(block)]);
      break;
    }
    case MessageFormat::kSquares: {
      std::uint64_t sum = 0;
      const auto& squares = trace.squares_at(tensor.op, tensor.layer);
      for (int block = tensor.first / 32; 32 * block < tensor.first + tensor.count; ++block)
        sum += squares[static_cast<size_t>(block)];
      words = {static_cast<std::uint32_t>(sum), static_cast<std::uint32_t>(sum >> 32)};
      break;
    }
    case MessageFormat::kWinner:
    case MessageFormat::kAnswer: {
      const auto best =
          std::max_element(values.begin() + tensor.first, values.begin() + tensor.first + tensor.count);
      const auto id = static_cast<std::uint32_t>(best - values.begin());
      const auto value = static_cast<std::uint32_t>(*best);
      words = tensor.format == MessageFormat::kAnswer ? std::vector{id, value} : std::vector{value, id};
      break;
    }
    case MessageFormat::kRopeRow:
      for (int pair = 0; pair < model.config.head_dim() / 2; ++pair) {
        const size_t at = static_cast<size_t>(trace.position * (model.config.head_dim() / 2) + pair);
        put(2 * pair, model.rope_cosine[at], 16);
        put(2 * pair + 1, model.rope_sine[at], 16);
      }
      break;
  }
  return words;
}

}  // namespace tessera
