// generate_constants <tessera_pkg.sv> <tessera_constants.h> <tessera_tile_constants.h>
//
// Reads the package that holds every width, encoding, address and format of the tile, and writes the same
// facts for C++ and for the kernels' C, so that no copy of them is made by hand. It understands what the
// package uses:
//
//   localparam int unsigned Name = expression;
//   typedef enum logic [high:low] { Name = expression, ... } name_e;
//   typedef struct packed { logic [high:low] name; ... } name_t;
//
// and stops at anything else with one line "file:line: what is wrong".
#include <cctype>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

struct Token {
  std::string text;  // empty at the end of the file
  int line;
};

struct Constant {
  std::string name;
  uint64_t value;
};

struct Enumeration {
  std::string name;
  std::vector<Constant> values;
};

struct Field {
  std::string name;
  unsigned width;
  int line;
};

struct Structure {
  std::string name;
  std::vector<Field> fields;  // from the least significant up
};

struct Package {
  std::vector<Constant> constants;
  std::vector<Enumeration> enumerations;
  std::vector<Structure> structures;
};

std::vector<Token> tokenize(const std::string& text) {
  std::vector<Token> tokens;
  int line = 1;
  for (size_t i = 0; i < text.size();) {
    const auto word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
    const char c = text[i];
    if (c == '\n') ++line;
    if (std::isspace(static_cast<unsigned char>(c))) {
      ++i;
    } else if (text.compare(i, 2, "//") == 0) {
      while (i < text.size() && text[i] != '\n') ++i;
    } else {
      size_t end = i + 1;
      if (word(c) || c == '\'' || c == '$') {  // 32'h0000_ffff is one token
        while (end < text.size() && (word(text[end]) || text[end] == '\'')) ++end;
      } else if (text.compare(i, 2, "<<") == 0 || text.compare(i, 2, ">>") == 0) {
        end = i + 2;
      }
      tokens.push_back({text.substr(i, end - i), line});
      i = end;
    }
  }
  tokens.push_back({"", line});
  return tokens;
}

class Parser {
 public:
  Parser(std::string file, std::vector<Token> tokens) : file_(std::move(file)), tokens_(std::move(tokens)) {}

  Package parse() {
    expect("package");
    identifier();
    expect(";");
    while (!accept("endpackage")) {
      if (accept("localparam")) {
        parse_constant();
      } else {
        expect("typedef");
        accept("enum") ? parse_enumeration() : parse_structure();
      }
    }
    if (!peek().text.empty()) fail_at(peek().line, "text after endpackage");
    return std::move(package_);
  }

 private:
  [[noreturn]] void fail_at(int line, const std::string& message) const {
    throw std::runtime_error(file_ + ":" + std::to_string(line) + ": " + message);
  }

  const Token& peek() const { return tokens_[next_]; }
  Token take() { return tokens_[next_ + 1 < tokens_.size() ? next_++ : next_]; }
  bool accept(std::string_view text) {
    if (peek().text != text) return false;
    take();
    return true;
  }
  void expect(const std::string& text) {
    if (!accept(text)) fail_at(peek().line, "expected '" + text + "' instead of '" + peek().text + "'");
  }
  std::string identifier() {
    const Token token = take();
    if (token.text.empty() || !std::isalpha(static_cast<unsigned char>(token.text[0])))
      fail_at(token.line, "expected a name instead of '" + token.text + "'");
    return token.text;
  }

  // A new name of any kind: all of them share one scope, in SystemVerilog as in C.
  std::string declare() {
    const int line = peek().line;
    const std::string name = identifier();
    if (!declared_.emplace(name, line).second)
      fail_at(line, name + " was declared before, in line " + std::to_string(declared_[name]));
    return name;
  }

  void parse_constant() {
    expect("int");
    expect("unsigned");
    const int line = peek().line;
    const std::string name = declare();
    expect("=");
    const uint64_t value = expression();
    expect(";");
    if (value > UINT32_MAX) fail_at(line, name + " does not fit 32 bits");
    package_.constants.push_back({name, value});
    values_[name] = value;
  }

  void parse_enumeration() {
    Enumeration enumeration;
    expect("logic");
    const unsigned bits = range();
    expect("{");
    do {
      const int line = peek().line;
      const std::string name = declare();
      expect("=");
      const uint64_t value = expression();
      if (value >> bits != 0) fail_at(line, name + " does not fit " + std::to_string(bits) + " bits");
      for (const Constant& other : enumeration.values)
        if (other.value == value) fail_at(line, name + " has the value of " + other.name);
      enumeration.values.push_back({name, value});
      values_[name] = value;
    } while (accept(","));
    expect("}");
    enumeration.name = type_name("_e");
    package_.enumerations.push_back(std::move(enumeration));
  }

  void parse_structure() {
    Structure structure;
    std::map<std::string, int> names;
    expect("struct");
    expect("packed");
    expect("{");
    while (!accept("}")) {
      expect("logic");
      const unsigned width = peek().text == "[" ? range() : 1;
      const int line = peek().line;
      const std::string name = identifier();
      expect(";");
      if (!names.emplace(name, line).second) fail_at(line, "field " + name + " is there twice");
      structure.fields.insert(structure.fields.begin(), {name, width, line});
    }
    if (structure.fields.empty()) fail_at(peek().line, "a structure without fields");
    structure.name = type_name("_t");
    unsigned low = 0;
    for (const Field& field : structure.fields) {
      if (low % 32 + field.width > 32)
        fail_at(field.line, "field " + field.name + " of " + structure.name +
                                " crosses a 32-bit word (bits " + std::to_string(low + field.width - 1) +
                                " to " + std::to_string(low) + ")");
      low += field.width;
    }
    package_.structures.push_back(std::move(structure));
  }

  std::string type_name(const std::string& suffix) {
    const int line = peek().line;
    const std::string name = declare();
    if (name.size() <= 2 || name.substr(name.size() - 2) != suffix)
      fail_at(line, "the name of type " + name + " should end in " + suffix);
    expect(";");
    return name;
  }

  unsigned range() {
    expect("[");
    const int line = peek().line;
    const uint64_t high = expression();
    expect(":");
    if (expression() != 0 || high > 31) fail_at(line, "a range should be [high:0], high at most 31");
    expect("]");
    return static_cast<unsigned>(high) + 1;
  }

  // Expressions, loosest operator first: | & shift sum product.
  uint64_t expression() { return binary(0); }

  uint64_t binary(size_t level) {
    using Operators = std::map<std::string, std::function<uint64_t(uint64_t, uint64_t)>>;
    static const std::vector<Operators> levels = {
        {{"|", std::bit_or<uint64_t>()}},
        {{"&", std::bit_and<uint64_t>()}},
        {{"<<", [](uint64_t a, uint64_t b) { return b < 32 ? a << b : UINT64_MAX; }},
         {">>", [](uint64_t a, uint64_t b) { return b < 32 ? a >> b : 0; }}},
        {{"+", std::plus<uint64_t>()}, {"-", std::minus<uint64_t>()}},
        {{"*", std::multiplies<uint64_t>()}, {"/", std::divides<uint64_t>()}}};
    if (level == levels.size()) return primary();
    uint64_t value = binary(level + 1);
    for (auto found = levels[level].find(peek().text); found != levels[level].end();
         found = levels[level].find(peek().text)) {
      const Token token = take();
      const uint64_t right = binary(level + 1);
      if (token.text == "/" && right == 0) fail_at(token.line, "division by zero");
      value = found->second(value, right);
      if (value > UINT32_MAX) fail_at(token.line, "the result of '" + token.text + "' does not fit 32 bits");
    }
    return value;
  }

  uint64_t primary() {
    const Token token = take();
    if (token.text == "(") {
      const uint64_t value = expression();
      expect(")");
      return value;
    }
    if (token.text.empty()) fail_at(token.line, "the file ends inside an expression");
    if (const auto found = values_.find(token.text); found != values_.end()) return found->second;
    return number(token);
  }

  // 12, 'h1f, 32'h0000_001f, 4'b1010
  uint64_t number(const Token& token) const {
    const size_t quote = token.text.find('\'');
    std::string digits = quote == std::string::npos ? token.text : token.text.substr(quote + 1);
    unsigned base = 10;
    if (quote != std::string::npos && !digits.empty()) {
      base = digits[0] == 'h' ? 16 : digits[0] == 'b' ? 2 : digits[0] == 'd' ? 10 : 0;
      digits.erase(0, 1);
    }
    uint64_t value = 0;
    bool good = base != 0 && !digits.empty() && digits[0] != '_';
    for (const char c : digits) {
      if (c == '_') continue;
      const char lower = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      const unsigned digit = std::isdigit(static_cast<unsigned char>(c)) ? lower - '0'
                             : lower >= 'a' && lower <= 'f'              ? lower - 'a' + 10
                                                                         : 99;
      good = good && digit < base && value <= UINT32_MAX;
      if (!good) break;
      value = value * base + digit;
    }
    if (!good)
      fail_at(token.line, "'" + token.text + "' is neither a number nor the name of a constant above");
    return value;
  }

  std::string file_;
  std::vector<Token> tokens_;
  size_t next_ = 0;
  Package package_;
  std::map<std::string, int> declared_;
  std::map<std::string, uint64_t> values_;
};

// MapMulq -> MAP_MULQ, RotLow -> ROT_LOW, Size16 -> SIZE16
std::string upper_snake(const std::string& name) {
  std::string result;
  for (size_t i = 0; i < name.size(); ++i) {
    if (i > 0 && std::isupper(static_cast<unsigned char>(name[i]))) result += '_';
    result += static_cast<char>(std::toupper(static_cast<unsigned char>(name[i])));
  }
  return result;
}

// map_descriptor_t -> MapDescriptor
std::string camel(const std::string& type) {
  std::string result;
  bool upper = true;
  for (const char c : type.substr(0, type.size() - 2)) {
    if (c != '_') result += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = c == '_';
  }
  return result;
}

unsigned words(const Structure& structure) {
  unsigned bits = 0;
  for (const Field& field : structure.fields) bits += field.width;
  return (bits + 31) / 32;
}

void write_fields(std::ostream& out, const Structure& structure) {
  for (const Field& field : structure.fields)
    out << "  uint32_t " << field.name << " : " << field.width << ";\n";
}

constexpr const char* kNotice =
    "// Generated from rtl/tessera_pkg.sv by rtl/generate_constants.cpp.\n"
    "// Structures list their fields from the least significant bit up and fill whole 32-bit words.\n#pragma "
    "once\n\n";

// The C++ name of an enumeration; where a structure is called the same, with an E (request_operation_e, _t).
std::string enumeration_name(const Package& package, const Enumeration& enumeration) {
  const std::string name = camel(enumeration.name);
  for (const Structure& structure : package.structures)
    if (camel(structure.name) == name) return name + "E";
  return name;
}

void write_cpp(std::ostream& out, const Package& package) {
  out << kNotice << "#include <cstdint>\n\nnamespace tessera::rtl {\n\n";
  for (const Constant& constant : package.constants)
    out << "inline constexpr uint32_t k" << constant.name << " = " << constant.value << ";\n";
  for (const Enumeration& enumeration : package.enumerations) {
    const std::string& type = enumeration.name;
    out << "\nenum " << enumeration_name(package, enumeration) << " : uint32_t {\n";
    for (const Constant& value : enumeration.values)
      out << "  k" << value.name << " = " << value.value << ",\n";
    out << "};\n\nconstexpr const char* " << type.substr(0, type.size() - 2) << "_name(uint32_t value) {\n"
        << "  switch (value) {\n";
    for (const Constant& value : enumeration.values)
      out << "    case k" << value.name << ": return \"" << value.name << "\";\n";
    out << "  }\n  return \"?\";\n}\n";
  }
  for (const Structure& structure : package.structures) {
    out << "\nstruct " << camel(structure.name) << " {\n";
    write_fields(out, structure);
    out << "};\nstatic_assert(sizeof(" << camel(structure.name) << ") == " << 4 * words(structure) << ");\n";
  }
  out << "\n}  // namespace tessera::rtl\n";
}

void write_c(std::ostream& out, const Package& package) {
  out << kNotice << "#include <stdint.h>\n\n";
  for (const Constant& constant : package.constants)
    out << "#define " << upper_snake(constant.name) << " " << constant.value << "u\n";
  for (const Enumeration& enumeration : package.enumerations) {
    out << "\ntypedef enum {\n";
    for (const Constant& value : enumeration.values)
      out << "  " << upper_snake(value.name) << " = " << value.value << ",\n";
    out << "} " << enumeration.name << ";\n";
  }
  for (const Structure& structure : package.structures) {
    out << "\ntypedef struct {\n";
    write_fields(out, structure);
    out << "} " << structure.name << ";\n_Static_assert(sizeof(" << structure.name
        << ") == " << 4 * words(structure) << ", \"" << structure.name << "\");\n";
  }
}

void write_file(const std::string& path, const Package& package,
                void (*write)(std::ostream&, const Package&)) {
  std::ofstream out(path);
  write(out, package);
  if (!out.flush()) throw std::runtime_error(path + ": cannot be written");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: generate_constants <package.sv> <constants.h for C++> <constants.h for C>\n";
    return 2;
  }
  try {
    std::ifstream in(argv[1]);
    if (!in) throw std::runtime_error(std::string(argv[1]) + ": cannot be read");
    std::stringstream text;
    text << in.rdbuf();
    const Package package = Parser(argv[1], tokenize(text.str())).parse();
    write_file(argv[2], package, write_cpp);
    write_file(argv[3], package, write_c);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}
