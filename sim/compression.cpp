#include "sim/compression.h"

#include <zstd.h>

#include <algorithm>

#include "host/error/error.h"

namespace tessera::sim {
namespace {

constexpr int kLevel = 3;  // of zstd: what disks and links keep up with

// Of the calls that cannot go wrong with right arguments, unless memory is short.
size_t require(size_t result) {
  if (ZSTD_isError(result)) fail(ErrorKind::kEngine, "zstd: {}", ZSTD_getErrorName(result));
  return result;
}

void free_compressor(ZSTD_CCtx* context) { ZSTD_freeCCtx(context); }

}  // namespace

Compressor::Compressor(ByteSink sink)
    : sink_(std::move(sink)), context_(ZSTD_createCCtx(), free_compressor), buffer_(ZSTD_CStreamOutSize()) {
  require(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kLevel));
  require(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1));
}

Compressor::~Compressor() = default;

void Compressor::run(std::span<const uint8_t> bytes, bool last) {
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  bool done = false;
  while (!done) {
    ZSTD_outBuffer out{buffer_.data(), buffer_.size(), 0};
    const size_t left =
        require(ZSTD_compressStream2(context_.get(), &out, &in, last ? ZSTD_e_end : ZSTD_e_continue));
    if (out.pos > 0) sink_({buffer_.data(), out.pos});
    done = last ? left == 0 : in.pos == in.size;
  }
}

void Compressor::write(std::span<const uint8_t> bytes) { run(bytes, false); }
void Compressor::finish() { run({}, true); }

Decompressor::Decompressor(std::istream& file, uint64_t compressed, std::string name)
    : file_(file),
      unread_(compressed),
      name_(std::move(name)),
      context_(ZSTD_createDCtx(), ZSTD_freeDCtx),
      buffer_(ZSTD_DStreamInSize()) {}

Decompressor::~Decompressor() = default;

void Decompressor::refill() {
  const auto count = static_cast<size_t>(std::min<uint64_t>(unread_, buffer_.size()));
  file_.read(reinterpret_cast<char*>(buffer_.data()), static_cast<std::streamsize>(count));
  if (!file_) fail(ErrorKind::kInput, "{}: cannot be read", name_);
  unread_ -= count;
  input_ = std::span(buffer_).first(count);
}

size_t Decompressor::run(std::span<uint8_t> bytes) {
  if (input_.empty() && unread_ > 0) refill();
  ZSTD_inBuffer in{input_.data(), input_.size(), 0};
  ZSTD_outBuffer out{bytes.data(), bytes.size(), 0};
  const size_t result = ZSTD_decompressStream(context_.get(), &out, &in);
  if (ZSTD_isError(result)) fail(ErrorKind::kInput, "{}: {}", name_, ZSTD_getErrorName(result));
  ended_ = result == 0;
  if (!ended_ && in.pos == 0 && out.pos == 0)
    fail(ErrorKind::kInput, "{}: its content is not complete", name_);
  input_ = input_.subspan(in.pos);
  return out.pos;
}

void Decompressor::read(std::span<uint8_t> bytes) {
  while (!bytes.empty()) {
    if (ended_) fail(ErrorKind::kInput, "{}: its content ends too early", name_);
    bytes = bytes.subspan(run(bytes));
  }
}

void Decompressor::finish() {
  // The end of the frame, with its checksum, may still have to be looked at.
  uint8_t more[1];
  while (!ended_) {
    if (run(more) != 0) fail(ErrorKind::kInput, "{}: more content than there should be", name_);
  }
  if (!input_.empty() || unread_ != 0) fail(ErrorKind::kInput, "{}: bytes behind its content", name_);
}

}  // namespace tessera::sim
