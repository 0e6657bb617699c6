#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <bit>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "Vconstants_probe.h"
#include "tessera_constants.h"

extern "C" {
void c_constants(uint32_t values[4]);
void c_descriptor(uint32_t value, uint32_t words[8]);
}

namespace tessera::rtl {
namespace {

using testing::HasSubstr;

template <typename Structure>
std::vector<uint32_t> words(const Structure& structure) {
  std::vector<uint32_t> result(sizeof structure / 4);
  std::memcpy(result.data(), &structure, sizeof structure);
  return result;
}

MapDescriptor map_descriptor(uint32_t value) {
  MapDescriptor map{};
  map.reduce = value;
  map.clamp_power = value;
  map.b_value = value;
  map.offset_high = value;
  return map;
}

TEST(Constants, CppSeesThePackageAsSystemVerilogDoes) {
  Vconstants_probe probe;
  for (const uint32_t value : {0xffffffffu, 0x5a5a5a5au, 0xa5a5a5a5u, 1u, 0u}) {
    probe.value_i = value;
    probe.eval();
    EXPECT_EQ(probe.sram_words_o, kSramWords);
    EXPECT_EQ(probe.counter_o, kRegCounter);
    EXPECT_EQ(probe.map_gate_o, kMapGate);

    Wavelet wavelet{};
    wavelet.color = value;
    EXPECT_EQ(probe.wavelet_o, std::bit_cast<uint64_t>(wavelet));
    Header header{};
    header.slot = value;
    EXPECT_EQ(probe.header_o, std::bit_cast<uint32_t>(header));
    RequestPath path{};
    path.direction1 = value;
    EXPECT_EQ(probe.path_o, std::bit_cast<uint32_t>(path));
    ReceiveRule rule{};
    rule.words = value;
    rule.tag_stride = value;
    EXPECT_EQ(probe.rule_o, std::bit_cast<uint64_t>(rule));
    const MapDescriptor map = map_descriptor(value);
    EXPECT_EQ(std::vector<uint32_t>(probe.map_o.data(), probe.map_o.data() + 8), words(map));
    MacDescriptor mac{};
    mac.entry = value;
    mac.group_stride = value;
    EXPECT_EQ(std::vector<uint32_t>(probe.mac_o.data(), probe.mac_o.data() + 8), words(mac));
    TileError error{};
    error.kind = value;
    EXPECT_EQ(probe.error_o, std::bit_cast<uint32_t>(error));
  }
}

TEST(Constants, CSeesWhatCppSees) {
  uint32_t values[4];
  c_constants(values);
  EXPECT_EQ(values[0], kSramWords);
  EXPECT_EQ(values[1], kRegWaitJoin);
  EXPECT_EQ(values[2], kMapGate);
  EXPECT_EQ(values[3], kSize16);
  for (const uint32_t value : {0xffffffffu, 0x5a5a5a5au, 0u}) {
    std::vector<uint32_t> descriptor(8);
    c_descriptor(value, descriptor.data());
    EXPECT_EQ(descriptor, words(map_descriptor(value)));
  }
}

TEST(Constants, NamesOfValues) {
  EXPECT_STREQ(port_name(kPortSouth), "PortSouth");
  EXPECT_STREQ(request_operation_name(2), "RequestRead");
  EXPECT_STREQ(error_kind_name(kErrorInstruction), "ErrorInstruction");
  EXPECT_STREQ(map_operation_name(7), "?");
}

struct Result {
  int status;
  std::string errors;
  std::string header;
};

Result generate(const std::string& body) {
  const std::string folder = testing::TempDir();
  const auto file = [&](const char* name) { return folder + "constants_test_" + name; };
  const auto text = [](const std::string& path) {
    std::stringstream stream;
    stream << std::ifstream(path).rdbuf();
    return stream.str();
  };
  std::ofstream(file("pkg.sv")) << "package p;\n" << body << "\nendpackage\n";
  std::remove(file("cpp.h").c_str());
  const std::string command = std::string(GENERATE_CONSTANTS) + " " + file("pkg.sv") + " " + file("cpp.h") +
                              " " + file("c.h") + " 2> " + file("errors");
  const int status = std::system(command.c_str());
  return {WEXITSTATUS(status), text(file("errors")), text(file("cpp.h"))};
}

TEST(GenerateConstants, Expressions) {
  const Result result = generate(
      "localparam int unsigned A = 'h10 + 2 * 3;\n"
      "localparam int unsigned B = (A - 32'h0000_0002) << 4 | 1;  // comment\n"
      "localparam int unsigned C = 100 / 7 & 4'b1010;\n"
      "localparam int unsigned LongName8 = 32'hffff_ffff;\n");
  EXPECT_EQ(result.status, 0) << result.errors;
  EXPECT_THAT(result.header, HasSubstr("kA = 22;"));
  EXPECT_THAT(result.header, HasSubstr("kB = 321;"));
  EXPECT_THAT(result.header, HasSubstr("kC = 10;"));
  EXPECT_THAT(result.header, HasSubstr("kLongName8 = 4294967295;"));
}

TEST(GenerateConstants, RefusesWhatItDoesNotUnderstand) {
  const struct {
    const char* body;
    const char* error;  // after the file's name
  } cases[] = {
      {"localparam int unsigned A = B;", ":2: 'B' is neither a number nor the name of a constant above"},
      {"localparam int unsigned A = 1;\nlocalparam int unsigned A = 2;",
       ":3: A was declared before, in line 2"},
      {"localparam int unsigned A = 32'hffff_ffff + 1;", ":2: the result of '+' does not fit 32 bits"},
      {"localparam int unsigned A = 0 - 1;", ":2: the result of '-' does not fit 32 bits"},
      {"localparam int unsigned A = 1 / 0;", ":2: division by zero"},
      {"localparam int unsigned A = 9'o17;", ":2: '9'o17' is neither"},
      {"localparam int unsigned A = 12ab;", ":2: '12ab' is neither"},
      {"localparam int A = 1;", ":2: expected 'unsigned' instead of 'A'"},
      {"localparam int unsigned A = 1", ":3: expected ';' instead of 'endpackage'"},
      {"typedef enum logic [1:0] { X = 0, Y } e_e;", ":2: expected '=' instead of '}'"},
      {"typedef enum logic [1:0] { X = 0, Y = 4 } e_e;", ":2: Y does not fit 2 bits"},
      {"typedef enum logic [1:0] { X = 0, Y = 0 } e_e;", ":2: Y has the value of X"},
      {"typedef enum logic [1:0] { X = 0 } e_t;", ":2: the name of type e_t should end in _e"},
      {"typedef struct packed {\n logic a;\n logic [30:0] b;\n logic [1:0] c; } s_t;",
       ":4: field b of s_t crosses a 32-bit word (bits 32 to 2)"},
      {"typedef struct packed { logic a; logic a; } s_t;", ":2: field a is there twice"},
      {"typedef struct packed { logic [32:0] a; } s_t;", ":2: a range should be [high:0], high at most 31"},
      {"typedef struct packed { bit a; } s_t;", ":2: expected 'logic' instead of 'bit'"},
      {"typedef union packed { logic a; } s_t;", ":2: expected 'struct' instead of 'union'"},
      {"function int f();", ":2: expected 'typedef' instead of 'function'"},
  };
  for (const auto& [body, error] : cases) {
    const Result result = generate(body);
    EXPECT_EQ(result.status, 2) << body;
    EXPECT_THAT(result.errors, HasSubstr("constants_test_pkg.sv" + std::string(error))) << body;
    EXPECT_EQ(result.header, "") << body;
  }
}

TEST(GenerateConstants, RefusesFilesItCannotOpen) {
  const std::string command = std::string(GENERATE_CONSTANTS) + " /nowhere/p.sv a b 2> /dev/null";
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 2);
  const std::string unwritable =
      std::string(GENERATE_CONSTANTS) + " " TESSERA_PACKAGE " /nowhere/a.h /nowhere/b.h 2> /dev/null";
  EXPECT_EQ(WEXITSTATUS(std::system(unwritable.c_str())), 2);
}

}  // namespace
}  // namespace tessera::rtl
