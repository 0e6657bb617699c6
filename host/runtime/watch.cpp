#include "host/runtime/watch.h"

#include <fmt/format.h>

#include <bit>

#include "host/runtime/expected.h"

namespace tessera {

std::string describe(const Mismatch& mismatch) {
  std::string text = mismatch.request < 0 ? std::string("no token")
                                          : fmt::format("request {}, position {} (token {})",
                                                        mismatch.request, mismatch.position, mismatch.token);
  return fmt::format("{}: layer {}, {} [{}] at tile {},{} ({}), cycle {}: expected {}, got {}", text,
                     mismatch.layer, mismatch.op, mismatch.index, mismatch.tile.x, mismatch.tile.y,
                     mismatch.kernel.empty() ? "no kernel" : mismatch.kernel, mismatch.cycle,
                     mismatch.expected, mismatch.got);
}

Watch::Watch(const Image& image, Golden* golden) : table_(image), image_(image), golden_(golden) {
  senders_.resize(image.graph.kernels.size() * rtl::kColorCount);
}

void Watch::admit(const AdmittedToken& token) {
  WatchedToken& watched = tokens_[token.tag];
  watched.token = token;
  watched.messages.assign(image_.messages.size(), {});
  active_[token.tag] = true;
  if (golden_ != nullptr) without_trace_.push_back(token.tag);
}

const WatchedToken& Watch::retire(int tag) {
  const WatchedToken& watched = tokens_[tag];
  for (int i = 0; i < table_.messages(); ++i) {
    if (watched.messages[i].ended || !table_.expected(i, watched.token)) continue;
    const ImageMessage& message = image_.messages[i];
    const int tile = message.tile.y * image_.wafer.columns + message.tile.x;
    add_mismatch(tile, watched.messages[i].begin, &watched.token,
                 fmt::format("missing message of {}, part {}", op_name(message.tensor.op), message.part),
                 message.tensor.layer, message.tensor.first, message.words, 0);
  }
  if (golden_ != nullptr) trace_of(tag);  // the cache must hold this position, even if nothing was compared
  active_[tag] = false;
  return watched;
}

const Trace& Watch::trace_of(int tag) {
  size_t done = 0;
  bool found = false;
  for (; done < without_trace_.size() && !found; ++done) found = without_trace_[done] == tag;
  if (found) {
    for (size_t i = 0; i < done; ++i) {
      const AdmittedToken& token = tokens_[without_trace_[i]].token;
      traces_[without_trace_[i]] = golden_->forward(token.slot, token.position, token.token);
    }
    without_trace_.erase(without_trace_.begin(), without_trace_.begin() + static_cast<std::ptrdiff_t>(done));
  }
  return traces_[tag];
}

void Watch::on_sent(int tile, std::uint64_t cycle, const sim::Wavelet& wavelet) {
  if (wavelet.color < rtl::kFirstDataColor) return;  // control plane
  const int kernel = table_.kernel_of(tile);
  if (kernel < 0) {
    if (wavelet.last) add_mismatch(tile, cycle, nullptr, "message of a tile without a kernel", 0, 0, 0, 0);
    return;
  }
  Sender& sender = senders_[static_cast<size_t>(kernel) * rtl::kColorCount + wavelet.color];
  if (!sender.inside) {
    begin(tile, kernel, cycle, wavelet.color, wavelet.data, sender);
  } else {
    if (sender.words < sender.expected.size() && sender.expected[sender.words] != wavelet.data)
      compare(tile, cycle, sender, wavelet.data);
    ++sender.words;
  }
  if (wavelet.last) end(tile, cycle, sender);
}

void Watch::begin(int tile, int kernel, std::uint64_t cycle, int color, std::uint32_t word, Sender& sender) {
  const auto header = std::bit_cast<rtl::Header>(word);
  sender.inside = true;
  sender.words = 0;
  sender.tag = static_cast<int>(header.tag);
  sender.message = table_.find(kernel, color, static_cast<int>(header.part));
  sender.expected.clear();
  const AdmittedToken* token = active_[sender.tag] ? &tokens_[sender.tag].token : nullptr;
  if (sender.message < 0) {
    add_mismatch(tile, cycle, token,
                 fmt::format("message of color {}, part {}, which no kernel here sends", color,
                             static_cast<unsigned>(header.part)),
                 image_.graph.kernels[kernel].layer, 0, 0, word);
    return;
  }
  const MessageTensor& tensor = image_.messages[sender.message].tensor;
  if (token == nullptr || header_word(*token, static_cast<int>(header.part)) != word) {
    add_mismatch(tile, cycle, token,
                 fmt::format("header of {} (no token on the wafer has it)", op_name(tensor.op)), tensor.layer,
                 tensor.first, token == nullptr ? 0 : header_word(*token, static_cast<int>(header.part)),
                 word);
    sender.message = -1;
    return;
  }
  MessageTimes& times = tokens_[sender.tag].messages[sender.message];
  if (times.begun || !table_.expected(sender.message, *token)) {
    add_mismatch(tile, cycle, token, fmt::format("message of {} that nobody asked for", op_name(tensor.op)),
                 tensor.layer, tensor.first, 0, word);
    sender.message = -1;
    return;
  }
  times.begun = true;
  times.begin = cycle;
  if (golden_ != nullptr) expected_words(golden_->model(), trace_of(sender.tag), tensor, sender.expected);
}

void Watch::end(int tile, std::uint64_t cycle, Sender& sender) {
  sender.inside = false;
  if (sender.message < 0) return;
  const ImageMessage& message = image_.messages[sender.message];
  if (!active_[sender.tag]) return;
  if (sender.words != static_cast<std::uint32_t>(message.words))
    add_mismatch(tile, cycle, &tokens_[sender.tag].token,
                 fmt::format("words of a message of {}", op_name(message.tensor.op)), message.tensor.layer,
                 message.tensor.first, message.words, sender.words);
  MessageTimes& times = tokens_[sender.tag].messages[sender.message];
  times.ended = true;
  times.last = cycle;
  if (golden_ != nullptr) compared_ += static_cast<std::uint64_t>(value_count(message.tensor));
}

void Watch::compare(int tile, std::uint64_t cycle, const Sender& sender, std::uint32_t word) {
  const MessageTensor& tensor = image_.messages[sender.message].tensor;
  const auto at = static_cast<int>(sender.words);
  const std::uint32_t expected = sender.expected[sender.words];
  // Of the word behind an MX block only the low byte means something.
  if (tensor.format == MessageFormat::kMx && at == tensor.length / 4 && ((word ^ expected) & 0xff) == 0)
    return;
  const ValueDifference difference = find_difference(tensor, golden_->config(), at, expected, word);
  add_mismatch(tile, cycle, &tokens_[sender.tag].token, difference.name, tensor.layer, difference.index,
               difference.expected, difference.got);
}

void Watch::add_mismatch(int tile, std::uint64_t cycle, const AdmittedToken* token, std::string op, int layer,
                         int index, std::int64_t expected, std::int64_t got) {
  ++mismatches_;
  if (first_mismatch_) return;
  Mismatch mismatch;
  if (token != nullptr) {
    mismatch.request = token->request;
    mismatch.position = token->position;
    mismatch.token = token->token;
  }
  mismatch.op = std::move(op);
  mismatch.layer = layer;
  mismatch.index = index;
  mismatch.tile = {tile % image_.wafer.columns, tile / image_.wafer.columns};
  const int kernel = table_.kernel_of(tile);
  if (kernel >= 0) mismatch.kernel = kernel_name(image_.graph.kernels[kernel]);
  mismatch.cycle = cycle;
  mismatch.expected = expected;
  mismatch.got = got;
  first_mismatch_ = std::move(mismatch);
}

void Watch::on_error(int tile, std::uint64_t cycle, const rtl::TileError& error) {
  tile_errors_.push_back({tile, cycle, error});
}

}  // namespace tessera
