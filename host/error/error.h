// Errors: a closed list of categories. Libraries throw Error; only main() turns one into an exit status.
//
// The message is one line that names the file, the key or line, what is wrong, and what would be right:
//   wafer.yaml:7: dead tile 16,3 lies off the wafer (columns 0 to 15)
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace tessera {

enum class ErrorKind {
  kInput,     // a file is missing, truncated, damaged or of another format
  kConfig,    // a setting is unknown, of the wrong type or out of range
  kRequest,   // the request itself cannot be met: a prompt too long, a token out of range
  kCapacity,  // the model does not fit the wafer; the message says which resource and by how much
  kRouting,   // no legal place, route or color exists, or a program would not be safe
  kFabric,    // the running wafer broke a rule of the fabric (a route to nowhere, a hang)
  kEngine,    // the engine cannot do what was asked (a model that is not built, a foreign snapshot)
};

const char* error_kind_name(ErrorKind kind);

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

// Throws an Error with a formatted message.
template <typename... Args>
[[noreturn]] void fail(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(kind, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace tessera
