#include "host/runtime/hang.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace tessera {
namespace {

constexpr size_t kNamed = 3;  // of each kind of culprit

struct Missing {
  std::vector<int> stuck;    // messages that have begun and not ended
  std::vector<int> unsent;   // ... that did not begin although all their kernel waits for was sent
  std::vector<int> waiting;  // ... and those whose kernel waits for another
};

std::string at(const Image& image, int kernel) {
  const TilePosition tile = image.kernel_tiles[kernel];
  return fmt::format("tile {},{} ({})", tile.x, tile.y, kernel_name(image.graph.kernels[kernel]));
}

std::string name(const Image& image, int message) {
  const ImageMessage& entry = image.messages[message];
  return fmt::format("{} {} of layer {}, part {} on color {}", message_format_name(entry.tensor.format),
                     op_name(entry.tensor.op), entry.tensor.layer, entry.part, entry.color);
}

// A message that this one's kernel waits for and that has not been sent whole; -1: none.
int missing_input(const MessageTable& table, const WatchedToken& token, int message) {
  const Image& image = table.image();
  const Kernel& kernel = image.graph.kernels[image.messages[message].kernel];
  for (int i = 0; i < table.messages(); ++i) {
    if (token.messages[i].ended || !table.expected(i, token.token)) continue;
    for (const Receive& receive : kernel.receives) {
      if (receive.stream == image.messages[i].stream && receive.join <= table.send_of(message).after_join)
        return i;
    }
  }
  return -1;
}

Missing find_missing(const MessageTable& table, const WatchedToken& token) {
  Missing missing;
  for (int i = 0; i < table.messages(); ++i) {
    const MessageTimes& times = token.messages[i];
    if (times.ended || !table.expected(i, token.token)) continue;
    if (times.begun) {
      missing.stuck.push_back(i);
    } else if (missing_input(table, token, i) < 0) {
      missing.unsent.push_back(i);
    } else {
      missing.waiting.push_back(i);
    }
  }
  return missing;
}

// One name a tile.
std::string list(const Image& image, const std::vector<int>& messages, const char* what) {
  std::vector<int> kernels;
  std::string text;
  for (const int message : messages) {
    const int kernel = image.messages[message].kernel;
    if (std::find(kernels.begin(), kernels.end(), kernel) != kernels.end()) continue;
    kernels.push_back(kernel);
    if (kernels.size() <= kNamed)
      text += fmt::format("; {} {} {}", at(image, kernel), what, name(image, message));
  }
  if (kernels.size() > kNamed) text += fmt::format(" (and {} more tiles)", kernels.size() - kNamed);
  return text;
}

// Where it is about a wavelet or a message, of which port and color; the other kinds leave these fields 0.
std::string place(const rtl::TileError& error) {
  switch (error.kind) {
    case rtl::kErrorNoRoute:
    case rtl::kErrorDeadLink:
    case rtl::kErrorOverflow:
    case rtl::kErrorLength:
      return fmt::format(", {}, color {}", rtl::port_name(error.port), static_cast<unsigned>(error.color));
    default:
      return "";
  }
}

}  // namespace

std::string describe(const Image& image, const TileErrorSeen& seen) {
  const int x = seen.tile % image.wafer.columns;
  const int y = seen.tile / image.wafer.columns;
  std::string kernel = "forwards only";
  for (size_t i = 0; i < image.kernel_tiles.size(); ++i) {
    if (image.kernel_tiles[i] == TilePosition{x, y}) kernel = kernel_name(image.graph.kernels[i]);
  }
  return fmt::format("tile {},{} ({}): {}{} in cycle {}", x, y, kernel, rtl::error_kind_name(seen.error.kind),
                     place(seen.error), seen.cycle);
}

std::string describe_hang(const Watch& watch, int tag, std::uint64_t cycle) {
  const MessageTable& table = watch.table();
  const Image& image = table.image();
  const WatchedToken* token = watch.in_flight(tag);
  std::string text = fmt::format("cycle {}: nothing moves", cycle);
  if (token == nullptr) return text;
  text += fmt::format(", but position {} (token {}) of request {} has no answer", token->token.position,
                      token->token.token, token->token.request);
  for (size_t i = 0; i < std::min(kNamed, watch.tile_errors().size()); ++i)
    text += "; " + describe(image, watch.tile_errors()[i]);
  const Missing missing = find_missing(table, *token);
  text += list(image, missing.stuck, "is stuck in the middle of");
  text += list(image, missing.unsent, "has all it waits for and did not send");
  if (missing.stuck.empty() && missing.unsent.empty() && !missing.waiting.empty()) {
    const int first = missing.waiting.front();
    text += fmt::format("; {} waits for {} from {}", at(image, image.messages[first].kernel),
                        name(image, missing_input(table, *token, first)),
                        at(image, image.messages[missing_input(table, *token, first)].kernel));
  }
  if (missing.stuck.empty() && missing.unsent.empty() && missing.waiting.empty())
    text += "; all tiles have sent everything, so the answer was lost on its way to the host";
  return text;
}

}  // namespace tessera
