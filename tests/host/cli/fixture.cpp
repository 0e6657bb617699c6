#include "tests/host/cli/fixture.h"

#include <algorithm>

#include "tests/support/random_model.h"

namespace tessera {

Cli::Cli() {
  const ModelConfig config{
      .dim = 32, .hidden_dim = 64, .layers = 1, .heads = 2, .kv_heads = 1, .vocabulary = 270, .context = 24};
  write_checkpoint(model, random_model(config, 7));
  write_tokenizer(tokenizer, byte_tokenizer(config.vocabulary));
}

void Cli::expect_refused(const ProgramResult& result, const std::vector<std::string>& parts) {
  EXPECT_EQ(result.status, 2) << result.err;
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  EXPECT_EQ(result.err.rfind("tessera: ", 0), 0u) << result.err;
  for (const std::string& part : parts)
    EXPECT_NE(result.err.find(part), std::string::npos) << part << " in " << result.err;
  EXPECT_EQ(result.out, "");
}

void Cli::expect_refused(const std::string& arguments, const std::vector<std::string>& parts) {
  SCOPED_TRACE(arguments);
  expect_refused(run_program(arguments), parts);
}

nlohmann::json Cli::report(const ProgramResult& result) {
  EXPECT_EQ(result.status, 0) << result.err;
  return nlohmann::json::parse(result.out);
}

std::string Cli::written(const std::string& name, const std::string& bytes) {
  write_bytes(folder.file(name), bytes);
  return folder.file(name);
}

}  // namespace tessera
