#include "host/train/adamw.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "host/train/parameters.h"

namespace tessera {

double clip_gradient(FloatModel& gradient, double limit) {
  double squares = 0.0;
  const std::vector<Tensor> tensors = tensors_of(gradient);
  for (const Tensor& tensor : tensors) {
    for (const float value : tensor.values) squares += static_cast<double>(value) * value;
  }
  const double norm = std::sqrt(squares);
  if (norm > limit) {
    const float scale = static_cast<float>(limit / norm);
    for (const Tensor& tensor : tensors) {
      for (float& value : tensor.values) value *= scale;
    }
  }
  return norm;
}

void adamw_step(FloatModel& model, FloatModel& gradient, AdamMoments& moments, const AdamOptions& options,
                float learning_rate, int step) {
  const std::vector<Tensor> weights = tensors_of(model), slopes = tensors_of(gradient);
  const std::vector<Tensor> firsts = tensors_of(moments.first), seconds = tensors_of(moments.second);
  const float first_share = 1.0f - options.beta1, second_share = 1.0f - options.beta2;
  const float first_correction = 1.0f / (1.0f - std::pow(options.beta1, static_cast<float>(step)));
  const float second_correction = 1.0f / (1.0f - std::pow(options.beta2, static_cast<float>(step)));
  for (size_t index = 0; index < weights.size(); ++index) {
    float* weight = weights[index].values.data();
    const float* slope = slopes[index].values.data();
    float* first = firsts[index].values.data();
    float* second = seconds[index].values.data();
    const float keep = 1.0f - (weights[index].decays ? learning_rate * options.weight_decay : 0.0f);
    const long count = static_cast<long>(weights[index].values.size());
    for (long i = 0; i < count; ++i) {
      first[i] += first_share * (slope[i] - first[i]);
      second[i] += second_share * (slope[i] * slope[i] - second[i]);
      const float size = std::sqrt(second[i] * second_correction) + options.epsilon;
      weight[i] = keep * weight[i] - learning_rate * first_correction * first[i] / size;
    }
  }
}

float learning_rate_at(const Schedule& schedule, int step) {
  float rate = schedule.peak;
  if (step < schedule.warmup_steps)
    rate *= static_cast<float>(step) / static_cast<float>(schedule.warmup_steps);
  if (step > schedule.decay_begin) {
    const int left = std::max(-1, schedule.decay_begin + schedule.decay_steps - step);
    const float done = 1.0f - static_cast<float>(left + 1) / static_cast<float>(schedule.decay_steps + 1);
    rate *= 0.5f * (1.0f + std::cos(std::numbers::pi_v<float> * done));
  }
  const int left = schedule.steps - step;
  if (left < schedule.cooldown_steps) {
    rate *= static_cast<float>(left + 1) / static_cast<float>(schedule.cooldown_steps + 1);
  }
  return rate;
}

}  // namespace tessera
