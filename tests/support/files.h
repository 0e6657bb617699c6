// Files of tests: a folder that goes away with the test, and checkpoints made elsewhere that may not be
// there.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace tessera {

// An empty folder of its own, removed with everything in it at the end of the scope.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string file(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string read_bytes(const std::string& path);
void write_bytes(const std::string& path, std::string_view bytes);

// Where a real checkpoint lies: in the folder TESSERA_SHARED_MODELS names, else in ../shared/models beside
// the sources. Empty where it is absent: use TESSERA_REQUIRE_SHARED_MODEL, which skips the test visibly.
std::string shared_model(const std::string& name);

}  // namespace tessera

#define TESSERA_REQUIRE_SHARED_MODEL(variable, name)                                                   \
  const std::string variable = ::tessera::shared_model(name);                                          \
  if (variable.empty()) {                                                                              \
    GTEST_SKIP() << name << " is not here: put it into ../shared/models or set TESSERA_SHARED_MODELS"; \
  }                                                                                                    \
  static_assert(true)
