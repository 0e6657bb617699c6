#include "host/model/checkpoint.h"

#include <array>
#include <bit>
#include <cstdint>

#include "host/error/error.h"
#include "host/model/files.h"
#include "host/model/tensors.h"
#include "host/model/validate.h"

namespace tessera {
namespace {

static_assert(std::endian::native == std::endian::little, "checkpoints are read as they lie in the file");

constexpr int kHeaderFields = 7;
constexpr std::uint64_t kHeaderBytes = kHeaderFields * sizeof(std::int32_t);
constexpr std::int32_t kLaterVersionMagic = 0x616b3432;  // "ak42": llama2.c versions 1 and 2

ModelConfig read_config(InputFile& file, const std::string& path) {
  if (file.bytes < kHeaderBytes) {
    fail(ErrorKind::kInput, "{}: {} bytes are too short for a checkpoint, whose header alone has {}", path,
         file.bytes, kHeaderBytes);
  }
  std::array<std::int32_t, kHeaderFields> header{};
  file.stream.read(reinterpret_cast<char*>(header.data()), kHeaderBytes);
  if (!file.stream) fail(ErrorKind::kInput, "{}: the header cannot be read", path);
  if (header[0] == kLaterVersionMagic) {
    fail(ErrorKind::kInput,
         "{}: is a llama2.c checkpoint of version {}; expected version 0, which has no magic", path,
         header[1]);
  }
  ModelConfig config;
  config.dim = header[0];
  config.hidden_dim = header[1];
  config.layers = header[2];
  config.heads = header[3];
  config.kv_heads = header[4];
  config.tied = header[5] > 0;
  // The one value that has no positive counterpart becomes 0, which the validation refuses.
  if (header[5] == INT32_MIN) header[5] = 0;
  config.vocabulary = config.tied ? header[5] : -header[5];
  config.context = header[6];
  validate_config(config, path);
  return config;
}

// Bytes of a whole file. Validated shapes keep this below 2^45.
std::uint64_t file_bytes(const ModelConfig& config, const std::vector<TensorField>& fields) {
  std::uint64_t elements = legacy_rope_elements(config);
  for (const TensorField& field : fields) elements += field.elements;
  return kHeaderBytes + elements * sizeof(float);
}

}  // namespace

FloatModel read_checkpoint(const std::string& path) {
  InputFile file = open_input(path, "a llama2.c version 0 checkpoint");
  FloatModel model;
  model.config = read_config(file, path);
  const std::vector<TensorField> fields = tensor_fields(model.config);
  const std::uint64_t expected = file_bytes(model.config, fields);
  if (file.bytes != expected) {
    const ModelConfig& c = model.config;
    fail(ErrorKind::kInput,
         "{}: {} bytes are too {}, its header (dim {}, hidden_dim {}, layers {}, heads {}, kv_heads {}, "
         "vocabulary "
         "{}, context {}) asks for {}",
         path, file.bytes, file.bytes < expected ? "short" : "long", c.dim, c.hidden_dim, c.layers, c.heads,
         c.kv_heads, c.vocabulary, c.context, expected);
  }
  model.layers.resize(model.config.layers);
  for (const TensorField& field : fields) {
    if (field.global == &FloatModel::logits) {
      file.stream.seekg(legacy_rope_elements(model.config) * sizeof(float), std::ios::cur);
    }
    std::vector<float>& tensor = tensor_at(model, field);
    tensor.resize(field.elements);
    file.stream.read(reinterpret_cast<char*>(tensor.data()), field.elements * sizeof(float));
    if (!file.stream) fail(ErrorKind::kInput, "{}: {} cannot be read", path, field.name);
  }
  validate_model(model, path);
  return model;
}

void write_checkpoint(const std::string& path, const FloatModel& model) {
  validate_model(model, path);
  const ModelConfig& config = model.config;
  const std::array<std::int32_t, kHeaderFields> header = {
      config.dim,    config.hidden_dim, config.layers,
      config.heads,  config.kv_heads,   config.tied ? config.vocabulary : -config.vocabulary,
      config.context};
  const std::vector<float> legacy_rope(legacy_rope_elements(config), 0.0f);
  OutputFile file(path);
  file.write(header.data(), kHeaderBytes);
  for (const TensorField& field : tensor_fields(config)) {
    const std::vector<float>& tensor = tensor_at(model, field);
    file.write(tensor.data(), tensor.size() * sizeof(float));
    if (field.global == &FloatModel::final_norm) {
      file.write(legacy_rope.data(), legacy_rope.size() * sizeof(float));
    }
  }
  file.commit();
}

}  // namespace tessera
