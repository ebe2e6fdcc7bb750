#include "worker/features/models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/data/pictures.h"
#include "common/tensors/model_fingerprint.h"
#include "tests/testing/temp_folder.h"

namespace unmask {
namespace {

using ::testing::HasSubstr;

class ModelsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(store_ / "paths");
    fs::create_directories(folder());
    Write("config.json", "{}");
    Write("model.safetensors", "weights");
    spec_.weights = FingerprintOf(HashModelFiles(folder()).value());
    ASSERT_TRUE(WriteFileDurably(store_ / "paths" / spec_.weights, PathText(folder())).ok());
  }

  fs::path folder() const { return store_ / "model"; }
  void Write(const std::string& name, const std::string& bytes) const {
    ASSERT_TRUE(WriteFileDurably(folder() / name, bytes).ok());
  }
  Result<fs::path> Folder() const {
    return Models(store_, [](auto) { return InternalError("not asked for"); }).Folder(spec_);
  }

  const TempFolder temp_;
  const fs::path store_ = temp_.path();
  JobSpec spec_;
};

TEST_F(ModelsTest, FindsTheFolderOfItsFingerprint) {
  EXPECT_EQ(Folder().value(), folder());
  Write("README.md", "does not count");
  EXPECT_TRUE(Folder().ok());
}

TEST_F(ModelsTest, AnotherModelAtTheSamePlaceIsRefused) {
  Write("model.safetensors", "WEIGHTS");
  const auto found = Folder();
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, ErrorCode::kData);
  EXPECT_THAT(FormatError(found.error()), HasSubstr("another one than when the study was planned"));
}

TEST_F(ModelsTest, AModelThatChangesWhileItIsUsedIsRefused) {
  Models models(store_, [](auto) { return InternalError("not asked for"); });
  EXPECT_TRUE(models.Folder(spec_).ok());
  Write("model.safetensors", "WEIGHTS");
  EXPECT_FALSE(models.Folder(spec_).ok());
  Write("model.safetensors", "weights");
  EXPECT_TRUE(models.Folder(spec_).ok());
}

TEST_F(ModelsTest, AFolderThatThisHostLacksIsNamed) {
  fs::remove_all(folder());
  ASSERT_FALSE(Folder().ok());
  EXPECT_THAT(FormatError(Folder().error()), HasSubstr(folder().string()));
}

}  // namespace
}  // namespace unmask
