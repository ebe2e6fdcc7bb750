#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/testing/temp_folder.h"
#include "worker/backbone/backbone.h"
#include "worker/backbone/text_model.h"

namespace unmask {
namespace {

constexpr const char* kClip =
    R"({"model_type":"clip_vision_model","hidden_size":4,"intermediate_size":5,)"
    R"("num_hidden_layers":1,"num_attention_heads":2,"image_size":6,"patch_size":3,)"
    R"("projection_dim":2})";
constexpr const char* kResnet =
    R"({"model_type":"resnet","embedding_size":4,"hidden_sizes":[4,6],"depths":[1,1],)"
    R"("layer_type":"basic"})";

// A folder whose weights are zeros of the names and shapes given.
class ModelFolderTest : public testing::Test {
 protected:
  using Shapes = std::map<std::string, std::vector<std::int64_t>>;
  static Shapes ShapesOf(const char* config, std::size_t layout) {
    Shapes shapes;
    const std::vector<Layout> layouts = LayoutsOf(ReadBackboneConfig(config, "c").value());
    for (const WantedTensor& wanted : layouts[layout]) {
      shapes[wanted.name] = wanted.shape;
    }
    return shapes;
  }
  // `other`: the one whose numbers are float64.
  void Write(const std::string& config, const Shapes& shapes, const std::string& other = "") {
    Safetensors file;
    const std::string zeros(1 << 16, '\0');
    for (const auto& [name, shape] : shapes) {
      std::size_t count = 1;
      for (const std::int64_t extent : shape) count *= extent;
      const DType type = name == other ? DType::kF64 : DType::kF32;
      const std::size_t bytes = count * BytesOf(type);
      file.tensors[name] = {type, shape, std::string_view(zeros).substr(0, bytes)};
    }
    ASSERT_TRUE(WriteFileDurably(folder_ / "config.json", config).ok());
    ASSERT_TRUE(WriteFileDurably(folder_ / "model.safetensors", WriteSafetensors(file)).ok());
  }
  void WriteText(const char* name, const std::string& text) {
    ASSERT_TRUE(WriteFileDurably(folder_ / name, text).ok());
  }
  Preprocessing Prepared() const {
    return OpenModelFolder(folder_, ClipFeature::kPooled).value().preprocessing;
  }
  std::string Refusal(ClipFeature feature = ClipFeature::kPooled) const {
    const auto model = OpenModelFolder(folder_, feature);
    return model.ok() ? "" : FormatError(model.error());
  }

  const TempFolder temp_;
  fs::path folder_ = temp_.path();
};

TEST_F(ModelFolderTest, AcceptsPrefixesAndOlderSpellings) {
  Shapes renamed;
  for (const auto& [canonical, shape] : ShapesOf(kClip, 0)) {
    std::string name = canonical;
    if (name.ends_with("norm1.weight")) name.replace(name.size() - 6, 6, "gamma");
    if (name.ends_with("norm1.bias")) name.replace(name.size() - 4, 4, "beta");
    if (name.starts_with("pre_layrnorm")) name.replace(0, 12, "pre_layernorm");
    renamed["module.vision_model." + name] = shape;
  }
  // CLIP's text side and a buffer of older versions.
  renamed["text_model.final_layer_norm.weight"] = {3};
  renamed["logit_scale"] = {};
  renamed["vision_model.embeddings.position_ids"] = {1, 5};
  Write(kClip, renamed);
  EXPECT_EQ(Refusal(), "");
  EXPECT_EQ(Refusal(ClipFeature::kProjected), "");
}

TEST_F(ModelFolderTest, AcceptsEverySpellingOfAResnet) {
  for (const std::size_t layout : {0, 1}) {
    Shapes shapes = ShapesOf(kResnet, layout);
    if (layout == 1) shapes["fc.weight"] = {1000, 6};
    if (layout == 1) shapes["bn1.num_batches_tracked"] = {};
    Write(kResnet, shapes);
    EXPECT_EQ(Refusal(), "");
    EXPECT_NE(Refusal(ClipFeature::kProjected).find("only CLIP"), std::string::npos);
  }
}

TEST_F(ModelFolderTest, ListsMissingUnknownAndMisshapedTensorsInOneLine) {
  Shapes shapes = ShapesOf(kResnet, 1);
  shapes.erase("bn1.bias");
  shapes["surprise"] = {1};
  shapes["conv1.weight"] = {4, 3, 5, 5};
  Write(kResnet, shapes);
  const std::string refusal = Refusal();
  EXPECT_NE(refusal.find("1 missing: bn1.bias"), std::string::npos) << refusal;
  EXPECT_NE(refusal.find("1 unknown: surprise"), std::string::npos) << refusal;
  EXPECT_NE(refusal.find("conv1.weight is [4, 3, 5, 5] and not [4, 3, 7, 7]"), std::string::npos)
      << refusal;
  EXPECT_EQ(refusal.find('\n'), std::string::npos);
}

TEST_F(ModelFolderTest, NamesTensorsOfATypeThatWeightsDoNotHave) {
  Write(kResnet, ShapesOf(kResnet, 1), "bn1.bias");
  EXPECT_NE(Refusal().find("1 neither F32, F16 nor BF16: bn1.bias"), std::string::npos)
      << Refusal();
}

TEST_F(ModelFolderTest, ProjectsOnlyWithAProjection) {
  Shapes shapes = ShapesOf(kClip, 0);
  shapes.erase("visual_projection.weight");
  Write(kClip, shapes);
  EXPECT_EQ(Refusal(), "");
  EXPECT_NE(Refusal(ClipFeature::kProjected).find("no projected features"), std::string::npos);
}

TEST_F(ModelFolderTest, RefusesPicturesOfAnotherSizeThanTheModels) {
  Write(kClip, ShapesOf(kClip, 0));
  WriteText("preprocessor_config.json", R"({"size":7,"crop_size":7})");
  EXPECT_NE(Refusal().find("7 x 7"), std::string::npos);
  EXPECT_NE(Refusal().find("6 x 6"), std::string::npos);
  EXPECT_NE(Refusal().find("/preprocessor_config.json"), std::string::npos);
}

// transformers 5 saves a processor with its image processor inside, and prefers that.
TEST_F(ModelFolderTest, PrefersTheImageProcessorOfProcessorConfig) {
  Write(kClip, ShapesOf(kClip, 0));
  WriteText("preprocessor_config.json", R"({"size":8,"crop_size":6})");
  EXPECT_EQ(Prepared().resize->shortest_edge, 8);
  for (const char* without :
       {R"({"processor_class":"CLIPProcessor"})", R"({"image_processor":null})"}) {
    WriteText("processor_config.json", without);
    EXPECT_EQ(Prepared().resize->shortest_edge, 8) << without;
  }
  WriteText("processor_config.json",
            R"({"image_processor":{"size":{"shortest_edge":9},"crop_size":6}})");
  EXPECT_EQ(Prepared().resize->shortest_edge, 9);
}

TEST_F(ModelFolderTest, NamesProcessorConfigInErrors) {
  Write(kClip, ShapesOf(kClip, 0));
  for (const char* wrong :
       {"[]", "{", R"({"image_processor":3})", R"({"image_processor":{"resample":9}})",
        R"({"image_processor":{"size":7,"crop_size":7}})"}) {
    WriteText("processor_config.json", wrong);
    EXPECT_NE(Refusal().find("/processor_config.json"), std::string::npos) << wrong << Refusal();
  }
}

// As an interrupted download into a cache leaves: not another preparation without a word.
TEST_F(ModelFolderTest, NamesALinkThatLeadsNowhere) {
  Write(kClip, ShapesOf(kClip, 0));
  for (const char* name : {"preprocessor_config.json", "processor_config.json"}) {
    EXPECT_EQ(Refusal(), "");
    fs::create_symlink("gone", folder_ / name);
    EXPECT_NE(Refusal().find(name), std::string::npos) << Refusal();
    fs::remove(folder_ / name);
  }
}

// Weights of a named ResNet are many: what is wrong with the preparation is told before them.
TEST_F(ModelFolderTest, ObeysTimmsConfigWhereNoOtherFilePrepares) {
  const std::string wrong = "'crop_pct' is 3";
  WriteText("config.json", R"({"architecture":"resnet18","pretrained_cfg":{"crop_pct":3}})");
  EXPECT_NE(Refusal().find(wrong), std::string::npos) << Refusal();
  EXPECT_NE(Refusal().find("/config.json"), std::string::npos);
  WriteText("preprocessor_config.json", R"({"size":224})");
  EXPECT_EQ(Refusal().find(wrong), std::string::npos) << Refusal();
  fs::remove(folder_ / "preprocessor_config.json");
  WriteText("config.json", R"({"architecture":"resnet18","crop_pct":3})");
  EXPECT_NE(Refusal().find(wrong), std::string::npos) << "older versions' " << Refusal();
  WriteText("config.json", R"({"architecture":"resnet18"})");
  EXPECT_EQ(Refusal().find("'crop_pct'"), std::string::npos) << Refusal();
}

TEST_F(ModelFolderTest, RefusesWhatIsNoFolder) {
  EXPECT_NE(Refusal().find("config.json"), std::string::npos);
  folder_ /= "gone";
  EXPECT_NE(Refusal().find("a Hugging Face model folder"), std::string::npos);
}

std::string ConfigRefusal(const std::string& json) {
  const auto read = ReadBackboneConfig(json, "config.json");
  return read.ok() ? "" : FormatError(read.error());
}

TEST(ReadBackboneConfig, ReadsNestedAndNamedModels) {
  const auto clip = ReadBackboneConfig(
      R"({"model_type":"clip","projection_dim":9,"vision_config":{"hidden_size":8},)"
      R"("vision_config_dict":{"num_attention_heads":4}})",
      "c");
  ASSERT_TRUE(clip.ok());
  const auto& transformer = std::get<TransformerConfig>(clip->model);
  EXPECT_EQ(transformer.hidden, 8);
  EXPECT_EQ(transformer.heads, 4);
  EXPECT_EQ(transformer.projection, 9);
  EXPECT_EQ(transformer.activation, Activation::kQuickGelu);
  const auto timm = ReadBackboneConfig(R"({"architecture":"resnet18","num_classes":1000})", "c");
  ASSERT_TRUE(timm.ok());
  EXPECT_EQ(std::get<ResnetConfig>(timm->model).widths, (std::vector<int>{64, 128, 256, 512}));
  const auto named = ReadBackboneConfig(R"({"architectures":["ViTModel"]})", "c");
  ASSERT_TRUE(named.ok());
  EXPECT_EQ(named->kind(), BackboneKind::kVit);
}

TEST(ReadBackboneConfig, RefusesWhatIsWrong) {
  EXPECT_NE(ConfigRefusal("{").find("not a JSON object"), std::string::npos);
  EXPECT_NE(ConfigRefusal("{}").find("no model_type"), std::string::npos);
  EXPECT_NE(ConfigRefusal(R"({"model_type":"bert"})").find("'bert'"), std::string::npos);
  EXPECT_NE(ConfigRefusal(R"({"model_type":"vit","hidden_size":-1})").find("'hidden_size' is -1"),
            std::string::npos);
  EXPECT_EQ(ConfigRefusal(R"({"model_type":"vit","hidden_size":-1})").find('\n'),
            std::string::npos);  // and nothing of what follows from it
  EXPECT_NE(ConfigRefusal(R"({"model_type":"vit","num_attention_heads":7})").find("multiple"),
            std::string::npos);
  EXPECT_NE(ConfigRefusal(R"({"model_type":"vit","image_size":3})").find("patch"),
            std::string::npos);
  EXPECT_NE(ConfigRefusal(R"({"model_type":"vit","hidden_act":"tanh"})").find("'hidden_act'"),
            std::string::npos);
  EXPECT_NE(ConfigRefusal(R"({"model_type":"vit","num_hidden_layers":1e9})"), "");
  EXPECT_NE(ConfigRefusal(R"({"model_type":"resnet","depths":[1]})").find("'depths'"),
            std::string::npos);
  EXPECT_NE(ConfigRefusal(R"({"model_type":"resnet","hidden_sizes":[1,0,2,3]})"), "");
  EXPECT_NE(ConfigRefusal(R"({"model_type":"resnet","depths":[1,1,1,1001]})").find("'depths'"),
            std::string::npos);
  EXPECT_EQ(ConfigRefusal(R"({"model_type":"resnet","depths":[1,1,1,1000]})"), "");
  EXPECT_NE(ConfigRefusal(R"({"model_type":"clip","vision_config":[]})").find("vision_config"),
            std::string::npos);
}

// timm builds another network by them, of the same tensors.
TEST(ReadBackboneConfig, RefusesTimmsModelArgs) {
  const auto refusal = [](const char* args) {
    return ConfigRefusal(fmt::format(R"({{"architecture":"resnet18","model_args":{}}})", args));
  };
  for (const char* none : {"{}", "null"}) EXPECT_EQ(refusal(none), "");
  EXPECT_NE(refusal(R"({"act_layer":"silu"})").find(R"('model_args' is {"act_layer":"silu"})"),
            std::string::npos)
      << refusal(R"({"act_layer":"silu"})");
  EXPECT_NE(refusal("3").find("'model_args' is 3"), std::string::npos);
}

// Start and end are two tokens.
TEST(ReadTextConfig, RefusesTextsWithoutRoom) {
  const auto refusal = [](int positions) {
    const auto read = ReadTextConfig(
        fmt::format(R"({{"text_config":{{"max_position_embeddings":{}}}}})", positions), "c");
    return read.ok() ? "" : FormatError(read.error());
  };
  EXPECT_EQ(refusal(2), "");
  EXPECT_NE(refusal(1).find("'max_position_embeddings' is 1"), std::string::npos) << refusal(1);
  EXPECT_NE(refusal(1).find("c: text_config"), std::string::npos) << refusal(1);
}

// Their copies and texts would need a stack without end.
TEST(ReadBackboneConfig, RefusesWhatIsNestedWithoutEnd) {
  const std::string nested = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  for (const char* key : {"hidden_act", "vision_config", "other"}) {
    const std::string refusal =
        ConfigRefusal(R"({"model_type":"clip",")" + std::string(key) + "\":" + nested + "}");
    EXPECT_NE(refusal.find("nested deeper than 32 levels (config.json)"), std::string::npos)
        << refusal;
  }
}

TEST(ReadBackboneConfig, ShowsTheBeginningOfWhatIsWrong) {
  const std::string value = '"' + std::string(1 << 20, 'x') + '"';
  const std::string start(79, 'x');
  for (const auto& [json, found] :
       {std::pair(R"({"model_type":"vit","hidden_act":)" + value + "}",
                  "'hidden_act' is \"" + start),
        std::pair(R"({"model_type":"clip","vision_config":)" + value + "}",
                  "'vision_config' is \"" + start),
        std::pair(R"({"model_type":)" + value + "}", "unknown model_type '" + start)}) {
    const std::string refusal = ConfigRefusal(json);
    EXPECT_NE(refusal.find(found), std::string::npos) << refusal;
    EXPECT_LT(refusal.size(), 300U);
  }
}

}  // namespace
}  // namespace unmask
