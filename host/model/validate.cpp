#include "host/model/validate.h"

#include <cmath>

#include "host/error/error.h"
#include "host/model/tensors.h"

namespace tessera {
namespace {

void require_range(std::string_view source, const char* field, int value, int maximum) {
  if (value < 1 || value > maximum) {
    fail(ErrorKind::kInput, "{}: {} is {}, expected 1 to {}", source, field, value, maximum);
  }
}

void require_finite(std::string_view source, const TensorField& field, const std::vector<float>& tensor) {
  for (std::size_t i = 0; i < tensor.size(); ++i) {
    if (!std::isfinite(tensor[i])) {
      fail(ErrorKind::kInput, "{}: {} holds {} at index {}, expected finite numbers", source, field.name,
           tensor[i], i);
    }
  }
}

}  // namespace

void validate_config(const ModelConfig& config, std::string_view source) {
  require_range(source, "dim", config.dim, kMaximumDim);
  require_range(source, "hidden_dim", config.hidden_dim, kMaximumHiddenDim);
  require_range(source, "layers", config.layers, kMaximumLayers);
  require_range(source, "heads", config.heads, config.dim);
  require_range(source, "kv_heads", config.kv_heads, config.heads);
  require_range(source, "vocabulary", config.vocabulary, kMaximumVocabulary);
  require_range(source, "context", config.context, kMaximumContext);
  if (config.dim % config.heads != 0) {
    fail(ErrorKind::kInput, "{}: dim {} is not a multiple of heads {}", source, config.dim, config.heads);
  }
  if (config.head_dim() % 2 != 0 || config.head_dim() > kMaximumHeadDim) {
    fail(ErrorKind::kInput, "{}: dim {} over heads {} gives head_dim {}, expected an even number up to {}",
         source, config.dim, config.heads, config.head_dim(), kMaximumHeadDim);
  }
  if (config.heads % config.kv_heads != 0) {
    fail(ErrorKind::kInput, "{}: heads {} is not a multiple of kv_heads {}", source, config.heads,
         config.kv_heads);
  }
}

void validate_model(const FloatModel& model, std::string_view source) {
  validate_config(model.config, source);
  if (model.layers.size() != static_cast<std::size_t>(model.config.layers)) {
    fail(ErrorKind::kInput, "{}: holds {} layers, expected {} as its config says", source,
         model.layers.size(), model.config.layers);
  }
  for (const TensorField& field : tensor_fields(model.config)) {
    const std::vector<float>& tensor = tensor_at(model, field);
    if (tensor.size() != field.elements) {
      fail(ErrorKind::kInput, "{}: {} holds {} numbers, expected {}", source, field.name, tensor.size(),
           field.elements);
    }
    require_finite(source, field, tensor);
  }
  if (model.config.tied && !model.logits.empty()) {
    fail(ErrorKind::kInput, "{}: logits holds {} numbers, expected none in a tied model", source,
         model.logits.size());
  }
}

}  // namespace tessera
