// The image: all bytes that make a wafer run a model, and the map back to the model's tensors.
//
// Loading it: for every tile with a kernel the kernel's binary at rtl::kInstructionBase, its SRAM segments
// and its register writes; for every tile that only forwards, its register writes; `children` of the forest;
// then RegCoreRun = 1 for the tiles with a kernel.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "host/compiler/forest.h"
#include "host/compiler/kernel_graph.h"
#include "host/config/wafer_config.h"

namespace tessera {

// The kernels' binaries by name, as objcopy writes them (firmware/).
struct Firmware {
  std::map<std::string, std::vector<std::uint8_t>> kernels;
};

// Reads <name>.bin of every kernel from a folder. Throws Error(kInput) for one that is missing.
Firmware read_firmware(const std::string& folder);

// Bytes for SRAM; address and length are multiples of 16.
struct Segment {
  std::uint32_t address = 0;
  std::vector<std::uint8_t> bytes;
};

struct RegisterWrite {
  std::uint32_t address = 0;
  std::uint32_t value = 0;
};

struct TileImage {
  TilePosition position;
  int kernel = -1;                       // index into graph.kernels; -1: the tile only forwards
  std::string name;                      // "layer 2 qkv 5"; empty without a kernel
  std::string binary;                    // key of Firmware::kernels; empty without a kernel
  std::uint32_t sram_used = 0;           // bytes, buffers included
  std::vector<Segment> sram;             // what the kernel finds; the rest may hold anything
  std::vector<RegisterWrite> registers;  // routes, receive rules, joins
};

// Where a stream meets the host: the edge link of a tile.
struct EdgePort {
  TilePosition tile;
  Direction side = Direction::kWest;
  int color = 0;
};

// One message that the wafer sends for a token, for whoever watches a tile's ramp: key is tile, color, part.
struct ImageMessage {
  TilePosition tile;  // of the producer
  int color = 0;
  int part = 0;
  int words = 0;   // payload
  int kernel = 0;  // producer
  int stream = 0;
  MessageTensor tensor;
};

// A placed, routed and colored stream, for drawings and diagnoses.
struct ImageStream {
  int color = 0;
  struct Hop {
    TilePosition tile;
    Direction direction = Direction::kNorth;  // leaves the tile this way
  };
  std::vector<Hop>
      hops;  // links in use, edge links to the host included; the host's own link into the wafer not
};

struct Image {
  WaferConfig wafer;
  KernelGraph graph;
  Firmware firmware;
  Forest forest;
  std::vector<TilePosition> kernel_tiles;  // by kernel
  std::vector<TileImage> tiles;            // those in use, by y, then x
  std::vector<ImageStream> streams;        // by stream of the graph
  std::vector<ImageMessage> messages;      // by producer's kernel, in the order in which they leave
  EdgePort inlet;                          // token messages: header, token id
  EdgePort answer;                         // header, token id, value
  EdgePort logits;                         // for tokens that ask: messages of up to 256 rows
  int slots = 1;
  int context = 0;    // positions of a sequence
  int in_flight = 1;  // tokens admitted at a time; tags run 0 .. in_flight - 1, in order
};

// The message table entry of what `tile` sends on `color` as `part`; nullptr when there is none.
const ImageMessage* find_message(const Image& image, TilePosition tile, int color, int part);

// Bytes that differ between two images differ here: FNV-1a over everything that is loaded.
std::uint64_t image_hash(const Image& image);

// A summary: tiles, memory, streams, colors, hops.
std::string describe(const Image& image);

// The same facts for programs: tiles with kernels, memory, registers, streams, messages (not the bytes).
std::string to_json(const Image& image);

}  // namespace tessera
