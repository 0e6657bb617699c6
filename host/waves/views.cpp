#include "host/waves/views.h"

#include <array>
#include <bit>
#include <cstdint>

#include "sim/wavelet.h"
#include "tessera_constants.h"

namespace tessera {
namespace {

constexpr Radix kDecimal = Radix::kDecimal;
constexpr Radix kHex = Radix::kHex;

// The bits of a field, found by setting it: `set(value, ones)` on a struct of tessera_pkg.
template <typename Struct, typename Set>
View field(const std::string& label, const std::string& path, Set set, Radix radix,
           ValueNames names = ValueNames::kNone) {
  Struct value{};
  set(value, ~0u);
  const auto words = std::bit_cast<std::array<std::uint32_t, sizeof(Struct) / 4>>(value);
  View view{label, path, -1, -1, radix, names};
  for (int bit = 0; bit < static_cast<int>(words.size()) * 32; ++bit) {
    if ((words[bit / 32] >> (bit % 32) & 1) == 0) continue;
    if (view.low < 0) view.low = bit;
    view.high = bit;
  }
  return view;
}

// Reads as one line of the table below: TESSERA_FIELD(MapDescriptor, operation) sets that member.
#define TESSERA_FIELD(type, member) [](rtl::type& value, std::uint32_t ones) { value.member = ones; }

void add_wavelet(ViewGroup& group, const std::string& label, const std::string& path) {
  const int color = rtl::kDataWidth + 1;
  group.views.push_back({label + " valid", path, sim::kWaveletValid, sim::kWaveletValid});
  group.views.push_back(
      {label + " color", path, sim::kWaveletValid - 1, color, Radix::kHex, ValueNames::kColor});
  group.views.push_back(
      {label + " last", path, static_cast<int>(rtl::kDataWidth), static_cast<int>(rtl::kDataWidth)});
  group.views.push_back({label + " data", path, static_cast<int>(rtl::kDataWidth) - 1, 0});
}

void add_credit(ViewGroup& group, const std::string& label, const std::string& path) {
  group.views.push_back({label + " credit", path, sim::kCreditValid, sim::kCreditValid});
  group.views.push_back(
      {label + " credit color", path, sim::kCreditValid - 1, 0, Radix::kHex, ValueNames::kColor});
}

ViewGroup links() {
  ViewGroup group{"fabric links", true, {}};
  for (const char* side : {"north", "east", "south", "west"}) {
    const std::string name = side;
    add_wavelet(group, name + " in", name + "_i");
    add_credit(group, name + " in", name + "_credit_o");
    add_wavelet(group, name + " out", name + "_o");
    add_credit(group, name + " out", name + "_credit_i");
  }
  return group;
}

ViewGroup ramp() {
  ViewGroup group{"ramp", true, {}};
  add_wavelet(group, "to the tile", "ramp_o");
  add_wavelet(group, "from the tile", "sent_o");
  add_credit(group, "from the tile", "ramp_credit_o");
  group.views.push_back({"colors with words", "ramp_nonempty"});
  group.views.push_back({"sender waits for a credit", "send_stalled"});
  return group;
}

ViewGroup core() {
  return {"core",
          true,
          {{"runs", "core_run"},
           {"state", "u_core.state_q", -1, -1, kHex, ValueNames::kState},
           {"pc", "u_core.pc"},
           {"instruction", "u_core.instruction_q", -1, -1, kHex, ValueNames::kInstruction},
           {"sleeps on a wait", "core_waiting"},
           {"data request", "core_req"},
           {"data write", "core_we"},
           {"data address", "core_addr"},
           {"data written", "core_wdata"},
           {"data granted", "core_gnt"},
           {"retired", "retire_valid_o"},
           {"retired pc", "retire_pc_o"},
           {"retired instruction", "retire_instruction_o", -1, -1, kHex, ValueNames::kInstruction},
           {"retired rd", "retire_rd_o", -1, -1, kDecimal},
           {"retired result", "retire_rd_data_o"},
           {"stopped on an error", "core_error"}}};
}

ViewGroup queue() {
  const std::string descriptor = "map_descriptor";
  const std::string header = "map_header";
  return {"descriptor queue",
          true,
          {{"launches waiting", "u_descriptor_queue.launch_count_q", -1, -1, kDecimal},
           {"descriptors left", "u_descriptor_queue.left_q", -1, -1, kDecimal},
           {"MAC descriptor is here", "u_descriptor_queue.mac_valid_q"},
           {"map descriptor is here", "u_descriptor_queue.map_valid_q"},
           field<rtl::MapDescriptor>("map operation", descriptor, TESSERA_FIELD(MapDescriptor, operation),
                                     kHex, ValueNames::kMapOperation),
           field<rtl::MapDescriptor>("fence", descriptor, TESSERA_FIELD(MapDescriptor, fence), kHex),
           field<rtl::MapDescriptor>("elements", descriptor, TESSERA_FIELD(MapDescriptor, count), kDecimal),
           field<rtl::Header>("position", header, TESSERA_FIELD(Header, position), kDecimal),
           field<rtl::Header>("tag", header, TESSERA_FIELD(Header, tag), kDecimal),
           {"starts MAC array", "mac_start"},
           {"starts map unit", "map_start"},
           {"error", "queue_error"}}};
}

ViewGroup mac_array() {
  return {"MAC array",
          true,
          {{"ready", "mac_ready"},
           {"takes a weight word", "mac_active"},
           {"reads SRAM", "mac_read"},
           {"SRAM granted", "mac_read_gnt"},
           {"SRAM word", "mac_read_addr"},
           {"activation", "u_mac_array.x", -1, -1, kDecimal},
           {"takes from a color", "mac_take"},
           {"color", "mac_take_color", -1, -1, kHex, ValueNames::kColor},
           {"writes accumulators", "acc_write"},
           {"entry", "acc_write_entry", -1, -1, kDecimal},
           {"entries full", "entry_full"},
           {"error", "mac_error"}}};
}

ViewGroup map_unit() {
  return {"map unit",
          true,
          {{"ready", "map_ready"},
           {"issues a beat", "map_active"},
           {"elements left", "u_map_unit.left_q", -1, -1, kDecimal},
           {"reads SRAM", "map_read"},
           {"SRAM word read", "map_read_addr"},
           {"writes SRAM", "map_write"},
           {"SRAM word written", "map_write_addr"},
           {"takes from a color", "map_take"},
           {"color taken", "map_take_color", -1, -1, kHex, ValueNames::kColor},
           {"sends", "map_send"},
           {"send granted", "map_send_ready"},
           {"color sent", "map_send_color", -1, -1, kHex, ValueNames::kColor},
           {"data sent", "map_send_data"},
           {"last sent", "map_send_last"},
           {"error", "map_error"},
           {"error kind", "map_error_kind", -1, -1, kHex, ValueNames::kErrorKind}}};
}

ViewGroup receiver() {
  return {"receiver",
          true,
          {{"in a message", "u_receiver.active_q"},
           {"color", "u_receiver.color_q", -1, -1, kHex, ValueNames::kColor},
           {"part", "u_receiver.part_q", -1, -1, kDecimal},
           {"tag", "u_receiver.tag_q", -1, -1, kDecimal},
           {"payload words", "u_receiver.length_q", -1, -1, kDecimal},
           {"takes a word", "receiver_take"},
           {"word granted", "receiver_take_gnt"},
           {"writes SRAM", "receiver_write"},
           {"SRAM word", "receiver_write_addr"},
           {"joins ready", "join_ready"},
           {"error", "receiver_error"}}};
}

ViewGroup control_plane() {
  return {"control plane",
          false,
          {{"state", "u_control_plane.state_q", -1, -1, kHex, ValueNames::kState},
           {"word", "u_control_plane.word_q"},
           {"address", "u_control_plane.addr_q"},
           {"words left", "u_control_plane.count_q", -1, -1, kDecimal},
           {"takes a word", "control_take"},
           {"sends", "control_send"},
           {"color sent", "control_send_color", -1, -1, kHex, ValueNames::kColor},
           {"data sent", "control_send_data"},
           {"requests go to", "request_mask"}}};
}

ViewGroup tile() {
  return {"tile",
          true,
          {{"clock", "clk_i"},
           {"cycle", "cycle_i", -1, -1, kDecimal},
           {"idle", "idle_o"},
           field<rtl::TileError>("error", "error_o", TESSERA_FIELD(TileError, valid), kHex),
           field<rtl::TileError>("error kind", "error_o", TESSERA_FIELD(TileError, kind), kHex,
                                 ValueNames::kErrorKind),
           field<rtl::TileError>("error port", "error_o", TESSERA_FIELD(TileError, port), kHex,
                                 ValueNames::kPort),
           field<rtl::TileError>("error color", "error_o", TESSERA_FIELD(TileError, color), kHex,
                                 ValueNames::kColor)}};
}

}  // namespace

std::vector<ViewGroup> tile_views() {
  return {tile(), core(), queue(), mac_array(), map_unit(), receiver(), ramp(), links(), control_plane()};
}

}  // namespace tessera
