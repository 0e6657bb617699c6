// Trains a tokenizer and a model from scratch. The defaults are the recipe of the model that Tessera ships.
//
// The same options, texts, compiler and machine give the same bytes: one thread does everything in one order.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "host/model/checkpoint.h"
#include "host/train/adamw.h"
#include "host/train/corpus.h"

namespace tessera {

struct TrainOptions {
  CorpusOptions corpus;
  // An existing folder. Gets model.bin (the weights with the lowest validation loss so far), tokenizer.bin
  // and training.state (what `resume` goes on from), each replaced whole or not at all.
  std::string output_folder = "trained";
  // The model's shape; the vocabulary is also the tokenizer's, and training sees `context` positions at once.
  ModelConfig config = {.dim = 96,
                        .hidden_dim = 288,
                        .layers = 4,
                        .heads = 6,
                        .kv_heads = 3,
                        .vocabulary = 512,
                        .context = 256,
                        .tied = true};
  std::uint64_t seed = 1;       // of the first weights and of the order of the text
  int steps = 10000;            // updates of the weights, at least 1
  int batch = 16;               // windows of `context` positions in a step, at least 1
  float learning_rate = 8e-3f;  // the highest; see Schedule
  int warmup_steps = 200;       // from zero to the highest
  int decay_begin = 5500;       // the last step of the plateau
  int decay_steps = 7000;       // of the half cosine after it, which the run need not reach the end of
  int cooldown_steps = 1500;    // the last steps, down to zero
  AdamOptions adam;
  double clip = 1.0;              // the gradient's largest Euclidean norm
  int report_interval = 50;       // steps between calls of the progress function
  int validation_interval = 500;  // steps between measurements on the held-out text
  int validation_stride = 4;      // those use every so many windows of it; the last one uses all
  bool resume = false;            // go on from output_folder's training.state, if there is one
};

struct TrainProgress {
  int step = 0;  // finished steps
  int steps = 0;
  double training_loss = 0;    // nats per token, the mean since the last report
  double validation_loss = 0;  // nats per token, or 0 when it was not measured at this step
  double gradient_norm = 0;    // before clipping
  double learning_rate = 0;
  double tokens_per_second = 0;
};

struct TrainReport {
  std::int64_t parameters = 0;
  std::int64_t training_tokens = 0;    // of the text, once through
  std::int64_t validation_tokens = 0;  // over which the losses below are taken
  int best_step = 0;                   // the step whose weights were kept
  double training_loss = 0;            // nats per token of the kept weights, over as many windows
  double validation_loss = 0;          // nats per token of the kept weights
  double validation_bits_per_byte = 0;
  double seconds = 0;
};

// Throws Error(kConfig) for options out of range and Error(kInput) for texts that cannot be read, are too
// short, or a state that belongs to another run, and when the loss stops being a number.
TrainReport train(const TrainOptions& options, const std::function<void(const TrainProgress&)>& progress);

// The mean loss in nats per token of a model over the windows of the held-out text: what `validation_loss`
// is.
struct TextLoss {
  double nats_per_token = 0;
  double bits_per_byte = 0;
  std::int64_t tokens = 0;
};
struct Tokenizer;
TextLoss measure_text(const FloatModel& model, const Tokenizer& tokenizer,
                      const std::vector<std::string>& chapters, int stride);

}  // namespace tessera
