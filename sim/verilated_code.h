// What Verilator wrote for a model, as far as the order of its statements can be changed: for
// generate_tile_cycle.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace tessera::sim {

// Something that Verilator wrote in another way than known.
struct UnknownForm : std::runtime_error {
  using std::runtime_error::runtime_error;
};

using Names = std::set<std::string>;
void merge(Names& all, const Names& names);
bool overlap(const Names& a, const Names& b);

// A statement of a function of the model, with all that is inside its braces.
struct Statement {
  std::string text;
  Names reads;         // members of the model
  Names writes;        // members that it may write
  Names locals;        // variables of its function
  bool calls = false;  // out of the model, to a memory of the host
};

struct Function {
  std::map<std::string, std::string> locals;  // their declarations
  std::vector<Statement> statements;
};

class VerilatedCode {
 public:
  // `folder` is where Verilator wrote the model, `prefix` the name of its class.
  VerilatedCode(const std::filesystem::path& folder, const std::string& prefix);

  const std::string& header() const { return header_; }
  // The text between the braces of a function, after its preamble. Throws UnknownForm when there is none.
  std::string body(const std::string& function) const;
  Function function(const std::string& name) const;
  // What combinational logic drives, link inputs included: all that the model settles before its first cycle.
  Names combinational() const;

  // The type of a member of at most 64 bits, empty for all others.
  std::string scalar_type(const std::string& member) const;
  // The ports that the model drives.
  Names outputs() const;

 private:
  std::string text(const std::string& function) const;

  std::string prefix_;
  std::string header_;
  std::string code_;
};

// `if (condition) { then } else { otherwise }`; without an else otherwise is empty. False: it is none.
struct Branch {
  std::string condition, then, otherwise;
};
bool parse_branch(const std::string& statement, Branch& branch);

// The statements of a block, one after another.
std::vector<std::string> split(const std::string& block);

// A statement in a function with these local variables.
Statement parse_statement(const std::string& text, const std::map<std::string, std::string>& locals);

// Of a statement or an expression.
Names members_read(const std::string& text);
Names members_written(const std::string& text);

// Verilator writes `shadow = vlSelf->member;`, then assignments to the shadow instead of the member, then
// `vlSelf->member = shadow;`, so that all reads see the old value. Whether none of the statements between the
// two reads the member where it may already have been assigned to, so that it needs no shadow.
bool needs_no_shadow(const std::vector<std::string>& statements, const std::string& member,
                     const std::string& shadow);

// The text with every word `from` replaced.
std::string with_word(const std::string& text, const std::string& from, const std::string& to);

// Whether no value of the member, a scalar, that stood in it before the text is ever read there: it is
// assigned to before anything else, in the same block or one around it.
bool is_set_before_use(const std::string& text, const std::string& member);

}  // namespace tessera::sim
