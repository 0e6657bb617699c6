// The image's messages for whoever watches the wafer's ramps: flat, by kernel, color and part.
#pragma once

#include <cstdint>
#include <vector>

#include "host/compiler/image.h"
#include "host/runtime/token.h"

namespace tessera {

class MessageTable {
 public:
  explicit MessageTable(const Image& image);

  // The kernel on a tile; -1: none.
  int kernel_of(int tile) const { return kernel_of_[tile]; }
  // The index into image.messages of what a kernel sends on a color as a part; -1: it sends no such thing.
  int find(int kernel, int color, int part) const {
    const Parts& parts = parts_[static_cast<size_t>(kernel) * rtl::kColorCount + color];
    if (part < parts.first || part >= parts.first + parts.count) return -1;
    return messages_[parts.begin + part - parts.first];
  }
  bool sends_on(int kernel, int color) const {
    return parts_[static_cast<size_t>(kernel) * rtl::kColorCount + color].count > 0;
  }
  // What makes the kernel send a message.
  const Send& send_of(int message) const { return *sends_[message]; }
  int messages() const { return static_cast<int>(image_.messages.size()); }
  const Image& image() const { return image_; }

  // Whether this token makes the kernel send this message: of the tiles of a table only one has the token's
  // row, and logits go to the host only when it asks.
  bool expected(int message, const AdmittedToken& token) const;

 private:
  struct Parts {
    int begin = 0;  // in messages_
    int first = 0;
    int count = 0;
  };
  const Image& image_;
  std::vector<int> kernel_of_;      // by tile
  std::vector<Parts> parts_;        // by kernel, color
  std::vector<int> messages_;       // by part
  std::vector<const Send*> sends_;  // by message
};

}  // namespace tessera
