#include "host/runtime/message_table.h"

#include <algorithm>
#include <variant>

#include "host/error/error.h"

namespace tessera {

MessageTable::MessageTable(const Image& image) : image_(image) {
  const size_t kernels = image.graph.kernels.size();
  kernel_of_.assign(static_cast<size_t>(image.wafer.columns) * image.wafer.rows, -1);
  for (size_t kernel = 0; kernel < kernels; ++kernel) {
    const TilePosition tile = image.kernel_tiles[kernel];
    kernel_of_[static_cast<size_t>(tile.y) * image.wafer.columns + tile.x] = static_cast<int>(kernel);
  }
  parts_.resize(kernels * rtl::kColorCount);
  const auto parts_of = [&](const ImageMessage& message) -> Parts& {
    return parts_[static_cast<size_t>(message.kernel) * rtl::kColorCount + message.color];
  };
  for (const ImageMessage& message : image.messages) {
    const std::vector<Send>& sends = image.graph.kernels[message.kernel].sends;
    const auto send = std::find_if(sends.begin(), sends.end(), [&](const Send& candidate) {
      return candidate.stream == message.stream && candidate.part == message.part;
    });
    if (send == sends.end())
      fail(ErrorKind::kRouting, "{} has no send for part {} of stream {}",
           kernel_name(image.graph.kernels[message.kernel]), message.part, message.stream);
    sends_.push_back(&*send);
    Parts& parts = parts_of(message);
    const int first = parts.count == 0 ? message.part : std::min(parts.first, message.part);
    const int end =
        parts.count == 0 ? message.part + 1 : std::max(parts.first + parts.count, message.part + 1);
    parts.first = first;
    parts.count = end - first;
  }
  int begin = 0;
  for (Parts& parts : parts_) {
    parts.begin = begin;
    begin += parts.count;
  }
  messages_.assign(begin, -1);
  for (size_t i = 0; i < image.messages.size(); ++i) {
    const ImageMessage& message = image.messages[i];
    const Parts& parts = parts_of(message);
    int& entry = messages_[parts.begin + message.part - parts.first];
    if (entry >= 0)
      fail(ErrorKind::kRouting, "{} sends two messages of color {}, part {}",
           kernel_name(image.graph.kernels[message.kernel]), message.color, message.part);
    entry = static_cast<int>(i);
  }
}

bool MessageTable::expected(int message, const AdmittedToken& token) const {
  const ImageMessage& entry = image_.messages[message];
  const Work& work = image_.graph.kernels[entry.kernel].work;
  if (const auto* embedding = std::get_if<EmbeddingWork>(&work))
    return token.token >= embedding->first_row && token.token < embedding->first_row + embedding->rows;
  if (const auto* rope = std::get_if<RopeWork>(&work))
    return token.position >= rope->first_position && token.position < rope->first_position + rope->positions;
  if (entry.tensor.format == MessageFormat::kLogits) return (token.flags & rtl::kHeaderFlagLogits) != 0;
  return true;
}

}  // namespace tessera
