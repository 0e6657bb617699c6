// What a wafer is, and how a model is spread over it: settings, from YAML or from the command line.
//
// Tiles are named by x (column, 0 in the west) and y (row, 0 in the north). West and east edge tiles have one
// more link each, to the host.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tessera {

struct TilePosition {
  int x = 0;
  int y = 0;
  auto operator<=>(const TilePosition&) const = default;
};

// The mesh ports, numbered as in the route masks of the hardware.
enum class Direction { kNorth = 0, kEast = 1, kSouth = 2, kWest = 3 };
inline constexpr int kDirections = 4;

const char* direction_name(Direction direction);  // "north"

// One cable: both directions between a tile and its neighbour, or between an edge tile and the host.
struct LinkPosition {
  TilePosition tile;
  Direction direction = Direction::kNorth;
  auto operator<=>(const LinkPosition&) const = default;
};

// Tiles an operator is spread over, of every layer alike; 0: the compiler chooses.
struct PartitionConfig {
  int embedding = 0;
  int rope = 0;
  int stripes = 0;    // of the residual stream, at each norm
  int qkv = 0;        // linears q, k, v together
  int attention = 0;  // a multiple of the KV heads
  int output = 0;     // linear o
  int hidden = 0;     // linears gate and up
  int down = 0;
  int logits = 0;
};

struct WaferConfig {
  int columns = 16;
  int rows = 16;
  std::vector<TilePosition> dead_tiles;
  std::vector<LinkPosition> dead_links;
  int in_flight = 4;       // tokens on the wafer at a time, 1 to 4
  int slots = 0;           // sequences in the KV cache, 1 to 32; 0: as many as the attention tiles hold
  int context = 0;         // positions of a sequence; 0: the model's own limit
  int clock_mhz = 1000;    // to state cycles as time
  std::uint64_t seed = 1;  // of the placement
  PartitionConfig partition;
};

inline constexpr int kMaximumColumns = 4096;
inline constexpr int kMaximumRows = 4096;

// "16x8" -> columns 16, rows 8; "3,4" -> x 3, y 4; "3,4,east" -> a link. `source` begins the error's text:
// "--size" gives "--size: 16 should be COLUMNSxROWS, such as 16x16". All throw Error(kConfig).
void parse_size(std::string_view text, std::string_view source, WaferConfig& config);
TilePosition parse_tile(std::string_view text, std::string_view source);
LinkPosition parse_link(std::string_view text, std::string_view source);

// Throw Error(kConfig), beginning with `source`, for a tile off the wafer or a link that no wafer of this
// size has.
void check_tile(const WaferConfig& config, TilePosition tile, std::string_view source);
void check_link(const WaferConfig& config, LinkPosition link, std::string_view source);

// A cable has two ends and two names; this is the one that is compared.
LinkPosition canonical(LinkPosition link);

// Throws Error(kConfig), beginning with `source`, unless every number is in its range and every dead tile and
// link is on the wafer and named once.
void validate_wafer_config(const WaferConfig& config, std::string_view source);

// Reads a YAML file over the defaults above. Unknown keys, wrong types and values out of range are
// Error(kConfig) "file.yaml:LINE: ..."; a file that cannot be read is Error(kInput).
WaferConfig read_wafer_config(const std::string& path);

// The same from text; `name` stands for the file in errors.
WaferConfig parse_wafer_config(const std::string& text, const std::string& name);

// The wafer that is used when none is given (host/config/wafers/default.yaml, kept in the program).
WaferConfig default_wafer_config();
const char* default_wafer_yaml();

// Kills each tile and each link (edge links too) with the given probabilities, on top of what is dead
// already. The same seed kills the same on every platform.
void add_random_defects(WaferConfig& config, double tile_probability, double link_probability,
                        std::uint64_t seed);

// The settings as YAML that read_wafer_config would read back.
std::string describe(const WaferConfig& config);

}  // namespace tessera
