#include "host/train/training_state.h"

#include <array>
#include <cstring>

#include "host/error/error.h"
#include "host/model/files.h"
#include "host/train/parameters.h"

namespace tessera {
namespace {

struct Header {
  char magic[8];
  std::int32_t shape[8];
  std::uint64_t seed;
  std::int32_t step;
  std::int32_t best_step;
  double best_validation;
};

constexpr char kMagic[8] = {'T', 'S', 'R', 'T', 'R', 'N', '0', '1'};

Header make_header(const ModelConfig& config, std::uint64_t seed) {
  Header header{};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  const std::array<std::int32_t, 8> shape = {config.dim,      config.hidden_dim, config.layers,  config.heads,
                                             config.kv_heads, config.vocabulary, config.context, config.tied};
  std::memcpy(header.shape, shape.data(), sizeof(header.shape));
  header.seed = seed;
  return header;
}

}  // namespace

TrainingState make_training_state(const ModelConfig& config, std::uint64_t seed) {
  TrainingState state;
  state.model = make_initial_model(config, seed);
  state.moments = {make_zero_model(config), make_zero_model(config)};
  state.seed = seed;
  return state;
}

void write_training_state(const std::string& path, TrainingState& state) {
  Header header = make_header(state.model.config, state.seed);
  header.step = state.step;
  header.best_step = state.best_step;
  header.best_validation = state.best_validation;
  OutputFile file(path);
  file.write(&header, sizeof(header));
  for (FloatModel* model : {&state.model, &state.moments.first, &state.moments.second}) {
    for (const Tensor& tensor : tensors_of(*model))
      file.write(tensor.values.data(), tensor.values.size_bytes());
  }
  file.commit();
}

TrainingState read_training_state(const std::string& path, const ModelConfig& config, std::uint64_t seed) {
  InputFile file = open_input(path, "the state of a training run");
  const Header expected = make_header(config, seed);
  Header header{};
  file.stream.read(reinterpret_cast<char*>(&header), sizeof(header));
  if (!file.stream || std::memcmp(header.magic, kMagic, sizeof(kMagic)) != 0) {
    fail(ErrorKind::kInput, "{}: not the state of a training run", path);
  }
  if (std::memcmp(header.shape, expected.shape, sizeof(header.shape)) != 0 || header.seed != seed) {
    fail(ErrorKind::kInput, "{}: the state of a run with another shape or seed", path);
  }
  TrainingState state = make_training_state(config, seed);
  state.step = header.step;
  state.best_step = header.best_step;
  state.best_validation = header.best_validation;
  for (FloatModel* model : {&state.model, &state.moments.first, &state.moments.second}) {
    for (const Tensor& tensor : tensors_of(*model)) {
      file.stream.read(reinterpret_cast<char*>(tensor.values.data()),
                       static_cast<std::streamsize>(tensor.values.size_bytes()));
    }
  }
  if (!file.stream || static_cast<std::uint64_t>(file.stream.tellg()) != file.bytes) {
    fail(ErrorKind::kInput, "{}: {} bytes, not the length its shape asks for", path, file.bytes);
  }
  return state;
}

}  // namespace tessera
