#include "common/tensors/model_fingerprint.h"

#include <gtest/gtest.h>

#include "tests/testing/temp_folder.h"

namespace unmask {
namespace {

class ModelFingerprintTest : public testing::Test {
 protected:
  ModelFingerprintTest() {
    Write("config.json", R"({"model_type":"clip"})");
    Write("preprocessor_config.json", R"({"size":224})");
    Write("model.safetensors", "weights");
  }

  void Write(const char* name, const std::string& text) {
    UNMASK_CHECK(WriteFileDurably(folder_.path() / name, text).ok());
  }
  std::string Refusal() const {
    const auto hashes = HashModelFiles(folder_.path());
    return hashes.ok() ? "" : FormatError(hashes.error());
  }
  std::string Fingerprint() const { return FingerprintOf(HashModelFiles(folder_.path()).value()); }

  const TempFolder folder_;
};

// Every job's key has it: it stays what it was for folders that were read right before.
TEST_F(ModelFingerprintTest, KeepsItsValue) {
  const char* known = "989b482afe55d1cd51ccbe4353ee6ac8eb6e7834efeca42e1332125071530c66";
  EXPECT_EQ(Fingerprint(), known);
  Write("README.md", "nothing that features depend on");
  EXPECT_EQ(Fingerprint(), known);
  Write("processor_config.json", R"({"processor_class":"CLIPProcessor"})");
  EXPECT_EQ(Fingerprint(), known) << "no image processor in it: it is not read";
}

TEST_F(ModelFingerprintTest, KnowsTheImageProcessorOfProcessorConfig) {
  const std::string own = Fingerprint();
  Write("processor_config.json", R"({"image_processor":{"size":224}})");
  const std::string nested = Fingerprint();
  EXPECT_NE(nested, own);
  Write("processor_config.json", R"({"image_processor":{"size":225}})");
  EXPECT_NE(Fingerprint(), nested);
  Write("processor_config.json", "[]");
  EXPECT_NE(Refusal().find("/processor_config.json"), std::string::npos) << Refusal();
}

TEST_F(ModelFingerprintTest, NamesAFileThatIsNestedWithoutEnd) {
  const std::string nested = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  Write("processor_config.json", R"({"image_processor":)" + nested + "}");
  EXPECT_NE(Refusal().find("nested deeper"), std::string::npos) << Refusal();
  EXPECT_NE(Refusal().find("/processor_config.json"), std::string::npos) << Refusal();
  fs::remove(folder_.path() / "processor_config.json");
  fs::remove(folder_.path() / "preprocessor_config.json");
  Write("config.json", R"({"architecture":"resnet18","pretrained_cfg":)" + nested + "}");
  EXPECT_EQ(Refusal(), "") << "whoever reads the model's configuration tells it";
}

TEST_F(ModelFingerprintTest, NamesAFileWhoseNameIsNotUtf8) {
  Write("caf\xe9.txt", "nothing that features depend on");
  EXPECT_EQ(Refusal(), "");
  Write("caf\xe9.safetensors", "weights");
  EXPECT_NE(Refusal().find("name is not UTF-8"), std::string::npos) << Refusal();
  EXPECT_NE(Refusal().find("/caf\\xe9.safetensors"), std::string::npos) << Refusal();
}

// Its pretrained_cfg was not always obeyed, and config.json's own hash would not tell.
TEST_F(ModelFingerprintTest, KnowsThatTimmsPreparationIsRead) {
  const auto marked = [this] {
    return HashModelFiles(folder_.path()).value().contains("config.json pretrained_cfg");
  };
  Write("config.json", R"({"architecture":"resnet18","pretrained_cfg":{"crop_pct":0.95}})");
  EXPECT_FALSE(marked()) << "preprocessor_config.json is read in its place";
  fs::remove(folder_.path() / "preprocessor_config.json");
  EXPECT_TRUE(marked());
  Write("config.json", R"({"architecture":"resnet18"})");
  EXPECT_FALSE(marked());
  Write("config.json", R"({"architecture":"resnet18","num_features":512,"mean":[0.5,0.5,0.5]})");
  EXPECT_TRUE(marked()) << "as older versions write it";
  Write("config.json", R"({"model_type":"resnet","mean":[0.5,0.5,0.5]})");
  EXPECT_FALSE(marked()) << "not timm's";
}

}  // namespace
}  // namespace unmask
