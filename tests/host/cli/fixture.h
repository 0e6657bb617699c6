// What the command line's tests share: a tiny model and its tokenizer in a folder of their own.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/host/cli/program.h"
#include "tests/support/files.h"

namespace tessera {

class Cli : public testing::Test {
 protected:
  Cli();

  // One line on stderr that says all of `parts`, nothing on stdout, status 2.
  static void expect_refused(const ProgramResult& result, const std::vector<std::string>& parts);
  static void expect_refused(const std::string& arguments, const std::vector<std::string>& parts);
  // What was printed with --json - by a run in which all agreed.
  static nlohmann::json report(const ProgramResult& result);
  // A file in the folder; gives its path.
  std::string written(const std::string& name, const std::string& bytes);
  // " --wafer FILE" with this text in it.
  std::string yaml(const std::string& text) { return " --wafer " + written("wafer.yaml", text); }

  TemporaryFolder folder;
  std::string model = folder.file("model.bin");
  std::string tokenizer = folder.file("tok.bin");
  std::string tiny = " --model " + model + " --tokenizer " + tokenizer + " ";
  std::string wafer = " --size 4x4 ";
};

}  // namespace tessera
