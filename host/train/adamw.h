// AdamW with gradient clipping, and the learning rate's course.
#pragma once

#include "host/model/checkpoint.h"

namespace tessera {

struct AdamOptions {
  float beta1 = 0.9f;
  float beta2 = 0.99f;
  float epsilon = 1e-8f;
  float weight_decay = 0.1f;  // of matrices, per step and unit of learning rate
};

struct AdamMoments {
  FloatModel first, second;  // running means of the gradient and of its square
};

// Scales the gradient so that its Euclidean norm is at most `limit`; returns the norm it had.
double clip_gradient(FloatModel& gradient, double limit);

// One update of the weights; `step` counts from 1 and corrects the moments' start at zero.
void adamw_step(FloatModel& model, FloatModel& gradient, AdamMoments& moments, const AdamOptions& options,
                float learning_rate, int step);

// The course of the learning rate: a linear warm-up to `peak`, a plateau, from `decay_begin` on half a cosine
// that reaches zero after `decay_steps`, and over the last `cooldown_steps` a straight line to zero on top of
// it. Only the line depends on `steps`: a run that was stopped before it can be continued to another length
// and still equals a run planned for that length. Steps count from 1.
struct Schedule {
  float peak = 0.0f;
  int warmup_steps = 0;
  int decay_begin = 0;
  int decay_steps = 0;
  int cooldown_steps = 0;
  int steps = 0;
};

// Never below zero; `step` is in [1, steps].
float learning_rate_at(const Schedule& schedule, int step);

}  // namespace tessera
