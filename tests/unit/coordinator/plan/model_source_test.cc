#include "coordinator/plan/model_source.h"

#include <gtest/gtest.h>

#include "common/tensors/safetensors.h"
#include "tests/testing/temp_folder.h"

namespace unmask {
namespace {

TEST(ModelSourceTest, HalfPrecisionIsTrainedAndKeptInFull) {
  const TempFolder temp;
  const std::string zeros(20, '\0');
  Safetensors file;
  file.tensors["a"] = {DType::kF16, {2, 5}, zeros};
  ASSERT_TRUE(WriteFileDurably(temp.path() / "config.json", "{}").ok());
  ASSERT_TRUE(WriteFileDurably(temp.path() / "model.safetensors", WriteSafetensors(file)).ok());
  Settings settings;
  settings.features.source = FeatureSource::kVit;
  settings.weights.vit = temp.path().string();
  ModelSource source;
  const auto model = source.Model(settings);
  ASSERT_TRUE(model.ok()) << FormatError(model.error());
  EXPECT_EQ((*model)->weight_bytes, 40);
}

}  // namespace
}  // namespace unmask
