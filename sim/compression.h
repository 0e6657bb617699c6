// One zstd frame, written or read piece by piece.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <span>
#include <string>
#include <vector>

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace tessera::sim {

using ByteSink = std::function<void(std::span<const uint8_t>)>;

// The same pieces give the same frame, which carries zstd's own checksum of its content.
class Compressor {
 public:
  explicit Compressor(ByteSink sink);
  ~Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  void write(std::span<const uint8_t> bytes);
  void finish();  // once, after the last write

 private:
  void run(std::span<const uint8_t> bytes, bool last);

  ByteSink sink_;
  std::unique_ptr<ZSTD_CCtx_s, void (*)(ZSTD_CCtx_s*)> context_;
  std::vector<uint8_t> buffer_;
};

// Unpacks no more than is asked for, so its memory does not depend on what the frame holds.
class Decompressor {
 public:
  // The frame is the next `compressed` bytes of `file`, which outlives this; errors begin with `name`.
  Decompressor(std::istream& file, uint64_t compressed, std::string name);
  ~Decompressor();
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  // Fills `bytes`. Throws Error(kInput) where the frame is damaged or ends before.
  void read(std::span<uint8_t> bytes);
  // Throws Error(kInput) unless frame and file end here.
  void finish();

 private:
  // Unpacks into `bytes` as far as it goes; gives how many.
  size_t run(std::span<uint8_t> bytes);
  void refill();

  std::istream& file_;
  uint64_t unread_;  // bytes of the frame that are still in the file
  std::string name_;
  std::unique_ptr<ZSTD_DCtx_s, size_t (*)(ZSTD_DCtx_s*)> context_;
  std::vector<uint8_t> buffer_;
  std::span<const uint8_t> input_;  // of the buffer
  bool ended_ = false;              // the frame is complete, its checksum right
};

}  // namespace tessera::sim
