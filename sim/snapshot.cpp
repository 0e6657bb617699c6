#include "sim/snapshot.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "host/error/error.h"
#include "sim/byte_stream.h"
#include "sim/snapshot_sections.h"
#include "sim/tile_state.h"

namespace tessera::sim {
namespace {

// The last byte shows what a transfer as text would do to the file.
constexpr std::array<uint8_t, 8> kMagic = {'T', 'S', 'R', 'S', 'N', 'A', 'P', '\n'};
constexpr uint64_t kHeaderBytes = 44;
constexpr uint64_t kTrailerBytes = 12;
constexpr uint32_t kMaximumSide = 4096;  // tiles

enum class Section : uint32_t { kShape = 1, kRecord, kEdge, kTile, kHost, kEnd };

// Longer sections are not believed.
constexpr uint64_t kMaximumBytes = uint64_t{1} << 28;
// Memory grows with what is really in the file, whatever it says of itself.
constexpr uint64_t kReadAtOnce = uint64_t{1} << 20;

uint32_t crc(uint32_t sum, std::span<const uint8_t> bytes) {
  return static_cast<uint32_t>(crc32_z(sum, bytes.data(), bytes.size()));
}

// What a reader has to know before it believes the rest.
struct Header {
  uint32_t columns = 0;
  uint32_t rows = 0;
  uint64_t identity = 0;
  uint64_t cycle = 0;
};

std::vector<uint8_t> pack_header(const Header& header) {
  ByteWriter out;
  out.put_bytes(kMagic);
  out.put(kSnapshotVersion);
  out.put(header.columns);
  out.put(header.rows);
  out.put<uint32_t>(0);
  out.put(header.identity);
  out.put(header.cycle);
  out.put(crc(0, out.bytes()));
  return out.bytes();
}

Header unpack_header(std::span<const uint8_t> bytes, const std::string& name) {
  ByteReader in(bytes, name);
  if (!std::ranges::equal(in.get_bytes(kMagic.size()), kMagic))
    fail(ErrorKind::kInput, "{}: not a snapshot of a wafer", name);
  const auto version = in.get<uint32_t>();
  if (version != kSnapshotVersion)
    fail(ErrorKind::kInput, "{}: a snapshot of version {}, should be {}", name, version, kSnapshotVersion);
  Header header;
  header.columns = in.get<uint32_t>();
  header.rows = in.get<uint32_t>();
  const auto reserved = in.get<uint32_t>();
  header.identity = in.get<uint64_t>();
  header.cycle = in.get<uint64_t>();
  if (in.get<uint32_t>() != crc(0, bytes.first(kHeaderBytes - 4)))
    fail(ErrorKind::kInput, "{}: damaged: the checksum of its header is wrong", name);
  const auto is_side = [](uint32_t tiles) { return tiles >= 1 && tiles <= kMaximumSide; };
  if (reserved != 0 || !is_side(header.columns) || !is_side(header.rows))
    fail(ErrorKind::kInput, "{}: damaged: a wafer of {} x {} tiles", name, header.columns, header.rows);
  return header;
}

// ---- Writing.

// A file with the checksum of all of it at its end.
class FileWriter {
 public:
  explicit FileWriter(const ByteSink& sink) : sink_(sink) {}

  void write(std::span<const uint8_t> bytes) {
    sink_(bytes);
    length_ += bytes.size();
    crc_ = crc(crc_, bytes);
  }
  void finish() {
    ByteWriter length;
    length.put(length_ + kTrailerBytes);
    write(length.bytes());
    ByteWriter sum;
    sum.put(crc_);
    sink_(sum.bytes());
  }

 private:
  const ByteSink& sink_;
  uint64_t length_ = 0;
  uint32_t crc_ = 0;
};

void write_section(Compressor& out, Section section, std::span<const uint8_t> bytes) {
  if (bytes.size() > kMaximumBytes)
    fail(ErrorKind::kEngine, "a snapshot with {} bytes of one kind, should be at most {}", bytes.size(),
         kMaximumBytes);
  ByteWriter head;
  head.put(static_cast<uint32_t>(section));
  head.put<uint64_t>(bytes.size());
  out.write(head.bytes());
  out.write(bytes);
}

void write_content(Compressor& out, Engine& engine, std::span<const uint8_t> host) {
  const auto section = [&](Section kind, const auto& put) {
    ByteWriter bytes;
    put(bytes);
    write_section(out, kind, bytes.bytes());
  };
  section(Section::kShape, [&](ByteWriter& to) { put_shape(to, engine.shape()); });
  section(Section::kRecord, [&](ByteWriter& to) {
    put_record(to, {engine.statistics(), engine.link_hash_subtotals(), engine.received()});
  });
  for (const EdgeSnapshot& edge : engine.save_edges())
    section(Section::kEdge, [&](ByteWriter& to) { put_edge(to, edge); });
  engine.save_tiles([&](std::span<const uint8_t> tile) { write_section(out, Section::kTile, tile); });
  section(Section::kHost, [&](ByteWriter& to) { to.put_bytes(host); });
  section(Section::kEnd, [](ByteWriter&) {});
}

// ---- Reading.

// Throws unless the file is as long as it was and all its bytes are as they were; leaves it behind the
// header.
Header verify_file(std::istream& file, uint64_t bytes, const std::string& name) {
  std::vector<uint8_t> buffer(kReadAtOnce);
  const auto read = [&](uint64_t count) {
    const auto piece = std::span(buffer).first(count);
    if (!file.read(reinterpret_cast<char*>(piece.data()), static_cast<std::streamsize>(count)))
      fail(ErrorKind::kInput, "{}: cannot be read", name);
    return piece;
  };
  if (bytes < kHeaderBytes + kTrailerBytes)
    fail(ErrorKind::kInput, "{}: {} bytes, too few for a snapshot of a wafer", name, bytes);
  const auto head = read(kHeaderBytes);
  const Header header = unpack_header(head, name);
  if (header.identity != tile_identity())
    fail(ErrorKind::kEngine,
         "{}: a snapshot of other tiles ({:016x}) than this program's ({:016x}), which alone can go on", name,
         header.identity, tile_identity());

  uint32_t sum = crc(0, head);
  uint64_t left = bytes - kHeaderBytes - kTrailerBytes;
  while (left > 0) {
    const auto piece = read(std::min(left, kReadAtOnce));
    sum = crc(sum, piece);
    left -= piece.size();
  }
  const auto trailer = read(kTrailerBytes);
  ByteReader in(trailer, name);
  const auto length = in.get<uint64_t>();
  if (length != bytes || in.get<uint32_t>() != crc(sum, trailer.first(8)))
    fail(ErrorKind::kInput, "{}: damaged or cut short: its checksum is wrong", name);
  file.seekg(kHeaderBytes);
  return header;
}

// The sections one after another.
class SectionReader {
 public:
  SectionReader(Decompressor& content, const std::string& name) : content_(content), name_(name) { next(); }

  bool at(Section kind) const { return kind_ == kind; }
  // Gives what `get` makes of the section, which has to be of this kind, and goes on to the next.
  template <typename Get>
  auto take(Section kind, const Get& get) {
    if (!at(kind))
      fail(ErrorKind::kInput, "{}: a section of kind {}, should be {}", name_, static_cast<uint32_t>(kind_),
           static_cast<uint32_t>(kind));
    ByteReader in(bytes_, name_);
    auto result = get(in);
    in.finish();
    if (kind != Section::kEnd) next();
    return result;
  }

 private:
  void next() {
    std::array<uint8_t, 12> head;
    content_.read(head);
    ByteReader in(head, name_);
    kind_ = static_cast<Section>(in.get<uint32_t>());
    const auto length = in.get<uint64_t>();
    if (length > (at(Section::kTile) ? maximum_tile_bytes() : kMaximumBytes))
      fail(ErrorKind::kInput, "{}: a section of {} bytes", name_, length);
    bytes_.clear();
    while (bytes_.size() < length) {
      const size_t begin = bytes_.size();
      bytes_.resize(std::min<uint64_t>(length, begin + kReadAtOnce));
      content_.read(std::span(bytes_).subspan(begin));
    }
  }

  Decompressor& content_;
  const std::string& name_;
  Section kind_{};
  std::vector<uint8_t> bytes_;
};

WaferSnapshot read_content(Decompressor& content, const Header& header, const std::string& name) {
  SectionReader sections(content, name);
  WaferSnapshot snapshot;
  snapshot.cycle = header.cycle;
  snapshot.shape = sections.take(Section::kShape, [&](ByteReader& in) {
    return get_shape(in, static_cast<int>(header.columns), static_cast<int>(header.rows));
  });
  snapshot.record =
      sections.take(Section::kRecord, [&](ByteReader& in) { return get_record(in, header.cycle); });
  while (sections.at(Section::kEdge)) {
    snapshot.edges.push_back(
        sections.take(Section::kEdge, [&](ByteReader& in) { return get_edge(in, snapshot.shape); }));
    if (snapshot.edges.size() > 1 && snapshot.edges.end()[-2].index >= snapshot.edges.back().index)
      fail(ErrorKind::kInput, "{}: edge link {} is out of order", name, snapshot.edges.back().index);
  }
  while (sections.at(Section::kTile)) {
    snapshot.tiles.push_back(
        sections.take(Section::kTile, [&](ByteReader& in) { return get_tile(in, snapshot.shape); }));
    if (snapshot.tiles.size() > 1 && snapshot.tiles.end()[-2].tile >= snapshot.tiles.back().tile)
      fail(ErrorKind::kInput, "{}: tile {} is out of order", name, snapshot.tiles.back().tile);
  }
  snapshot.host = sections.take(Section::kHost, [](ByteReader& in) { return in.get_rest(); });
  sections.take(Section::kEnd, [](ByteReader&) { return 0; });
  content.finish();
  return snapshot;
}

}  // namespace

void write_snapshot(Engine& engine, std::span<const uint8_t> host, const ByteSink& sink) {
  engine.require_snapshots();
  FileWriter file(sink);
  file.write(pack_header({static_cast<uint32_t>(engine.shape().columns),
                          static_cast<uint32_t>(engine.shape().rows), tile_identity(), engine.cycle()}));
  Compressor content([&](std::span<const uint8_t> bytes) { file.write(bytes); });
  write_content(content, engine, host);
  content.finish();
  file.finish();
}

WaferSnapshot read_snapshot(std::istream& file, uint64_t bytes, const std::string& name) {
  const Header header = verify_file(file, bytes, name);
  const std::string damaged = name + ": damaged";
  Decompressor content(file, bytes - kHeaderBytes - kTrailerBytes, damaged);
  return read_content(content, header, damaged);
}

}  // namespace tessera::sim
