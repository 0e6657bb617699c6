// What is known of models that were made, from the notes beside them.
#include "host/bench/model_build.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "host/error/error.h"

namespace tessera::bench {
namespace {

// Of a size that nobody builds; below the build folder, in which tests run.
class ModelBuild : public testing::Test {
 protected:
  static constexpr int kSide = 97;

  ModelBuild() { std::filesystem::create_directories(folder_); }
  ~ModelBuild() override { std::filesystem::remove_all(folder_); }

  void write_record(const std::string& text) const { std::ofstream(folder_ / "record.json") << text; }

 private:
  std::filesystem::path folder_ = "bench/flat_97x97";
};

TEST_F(ModelBuild, AModelThatIsNotThereIsNotStale) {
  EXPECT_FALSE(is_stale(ModelKind::kFlat, kSide, kSide));
  write_record("{\"fingerprint\": ");  // of a build that was cut off
  EXPECT_FALSE(is_stale(ModelKind::kFlat, kSide, kSide));
}

TEST_F(ModelBuild, AModelOfOtherSourcesIsStale) {
  write_record(R"({"fingerprint": "0123456789abcdef", "compile_seconds": 1})");
  EXPECT_TRUE(is_stale(ModelKind::kFlat, kSide, kSide));
  EXPECT_FALSE(is_stale(ModelKind::kFlatThreads, kSide, kSide));
}

TEST_F(ModelBuild, ARecordWithoutItsLibraryIsNoModel) {
  write_record(R"({"fingerprint": "0123456789abcdef", "compile_seconds": 1})");
  EXPECT_THROW(built_model(ModelKind::kFlat, kSide, kSide), Error);
}

}  // namespace
}  // namespace tessera::bench
