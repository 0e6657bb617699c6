// Snapshot files taken apart and put together again, for tests; written from docs/snapshots.md.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/engine.h"
#include "sim/snapshot.h"

namespace tessera::sim {

using Bytes = std::vector<uint8_t>;

Bytes bytes_of(Engine& engine, std::span<const uint8_t> host = {});

WaferSnapshot snapshot_of(const Bytes& file);

// The sections of a file, unpacked.
Bytes content_of(const Bytes& file);
// The file with other sections, its length and checksums right.
Bytes with_content(const Bytes& file, const Bytes& content);
// The checksums of header and file made right again.
Bytes with_checksums(Bytes file);
// Where the sections begin; at last, where they end.
std::vector<size_t> section_boundaries(const Bytes& content);

}  // namespace tessera::sim
