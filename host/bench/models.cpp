#include "host/bench/models.h"

#include "host/train/parameters.h"

namespace tessera::bench {
namespace {

constexpr std::uint64_t kWeightsSeed = 1;

constexpr ModelLoad kModels[] = {
    {"tiny_model",
     4,
     4,
     {.dim = 32, .hidden_dim = 64, .layers = 1, .heads = 2, .kv_heads = 1, .vocabulary = 64, .context = 32},
     24},
    {"small_model",
     8,
     8,
     {.dim = 64, .hidden_dim = 128, .layers = 2, .heads = 4, .kv_heads = 2, .vocabulary = 64, .context = 32},
     24},
    {"shipped_model", 16, 16, {}, 24},
};

}  // namespace

std::span<const ModelLoad> model_loads() { return kModels; }

const ModelLoad* find_model_load(std::string_view name) {
  for (const ModelLoad& load : kModels) {
    if (name == load.name) return &load;
  }
  return nullptr;
}

FloatModel random_weights(const ModelLoad& load) { return make_initial_model(load.config, kWeightsSeed); }

}  // namespace tessera::bench
