#include "worker/images/preprocess.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

namespace unmask {
namespace {

Preprocessing Read(const std::string& json, BackboneKind model) {
  auto read = ReadPreprocessing(json, model, "preprocessor_config.json");
  UNMASK_CHECK(read.ok());
  return *read;
}

std::string Refusal(const std::string& json, BackboneKind model = BackboneKind::kClip) {
  const auto read = ReadPreprocessing(json, model, "preprocessor_config.json");
  return read.ok() ? "" : FormatError(read.error());
}

Image Plain(int width, int height, std::uint8_t value) {
  return {width, height,
          std::vector<std::uint8_t>(static_cast<std::size_t>(width) * height * 3, value)};
}

// openai/clip-vit-base-patch32 before and after transformers 4.24.
TEST(ReadPreprocessing, ReadsBothGenerations) {
  for (const char* json :
       {R"({"feature_extractor_type":"CLIPFeatureExtractor","size":224,"crop_size":224,)"
        R"("do_center_crop":true,"resample":3})",
        R"({"image_processor_type":"CLIPImageProcessor","size":{"shortest_edge":224},)"
        R"("crop_size":{"height":224,"width":224},"do_convert_rgb":true})"}) {
    const Preprocessing read = Read(json, BackboneKind::kClip);
    ASSERT_TRUE(read.resize && read.normalize);
    EXPECT_EQ(read.resize->shortest_edge, 224);
    EXPECT_EQ(read.resize->filter, Filter::kBicubic);
    EXPECT_FALSE(read.resize->exact);
    EXPECT_EQ(OutputSize(read), (Size{224, 224}));
    EXPECT_FLOAT_EQ(read.normalize->mean[0], 0.48145466F);
  }
}

// For ViT one number is a square.
TEST(ReadPreprocessing, ReadsVit) {
  const Preprocessing read =
      Read(R"({"feature_extractor_type":"ViTFeatureExtractor","size":20})", BackboneKind::kVit);
  EXPECT_EQ(read.resize->exact, (Size{20, 20}));
  EXPECT_EQ(read.resize->filter, Filter::kBilinear);
  EXPECT_FALSE(read.crop);
  EXPECT_EQ(read.normalize->std[2], 0.5F);
}

// Of one number only, and not ConvNext's, which knows no square.
TEST(ReadPreprocessing, MakesOneNumberASquareWhereToldSo) {
  const auto resize = [](const char* size, const char* square, BackboneKind model) {
    return *Read(fmt::format(R"({{{}"default_to_square":{}}})", size, square), model).resize;
  };
  EXPECT_EQ(resize(R"("size":20,)", "true", BackboneKind::kClip).exact, (Size{20, 20}));
  EXPECT_EQ(resize(R"("size":20,)", "false", BackboneKind::kClip).shortest_edge, 20);
  EXPECT_EQ(resize(R"("size":20,)", "false", BackboneKind::kVit).shortest_edge, 20);
  EXPECT_EQ(resize(R"("size":20,)", "true", BackboneKind::kVit).exact, (Size{20, 20}));
  EXPECT_EQ(resize("", "true", BackboneKind::kClip).shortest_edge, 224);
  EXPECT_EQ(resize("", "false", BackboneKind::kVit).exact, (Size{224, 224}));
  EXPECT_EQ(resize(R"("size":{"shortest_edge":20},)", "true", BackboneKind::kClip).shortest_edge,
            20);
  EXPECT_EQ(resize(R"("size":224,"crop_pct":0.875,)", "true", BackboneKind::kResnet).shortest_edge,
            256);
  EXPECT_NE(Refusal(R"({"size":20,"default_to_square":"yes"})").find("'default_to_square'"),
            std::string::npos);
}

// microsoft/resnet-18: shrunk to 224 / 0.875, then cropped; from 384 on warped.
TEST(ReadPreprocessing, ReadsConvNextsForResnet) {
  const Preprocessing small =
      Read(R"({"feature_extractor_type":"ConvNextFeatureExtractor","size":224,"crop_pct":0.875})",
           BackboneKind::kResnet);
  EXPECT_EQ(small.resize->shortest_edge, 256);
  EXPECT_EQ(small.crop, (Size{224, 224}));
  const Preprocessing large = Read(R"({"size":{"shortest_edge":384}})", BackboneKind::kResnet);
  EXPECT_EQ(large.resize->exact, (Size{384, 384}));
  EXPECT_FALSE(large.crop);
}

TEST(ReadPreprocessing, ObeysItsSwitches) {
  const Preprocessing read =
      Read(R"({"do_resize":false,"do_center_crop":false,"do_rescale":false,"do_normalize":false})",
           BackboneKind::kClip);
  EXPECT_FALSE(read.resize || read.crop || read.rescale || read.normalize);
  EXPECT_EQ(OutputSize(read), std::nullopt);
  EXPECT_EQ(Prepare(Plain(2, 1, 9), read).values, std::vector<float>(6, 9));
}

TEST(ReadPreprocessing, HasDefaultsForEachModel) {
  const Preprocessing clip = DefaultPreprocessing(BackboneKind::kClip, {33, 33});
  EXPECT_EQ(OutputSize(clip), (Size{33, 33}));
  EXPECT_EQ(clip.resize->shortest_edge, 33);
  EXPECT_EQ(clip.transparency, Transparency::kOverWhite);
  const Preprocessing resnet = DefaultPreprocessing(BackboneKind::kResnet, {224, 224});
  EXPECT_EQ(resnet.resize->shortest_edge, 256);
  EXPECT_EQ(resnet.resize->filter, Filter::kBilinear);
  EXPECT_EQ(resnet.transparency, Transparency::kDropped);
}

// As transformers 5.23.0 reads them: an absent switch has its class's default, null is off.
TEST(ReadPreprocessing, TakesItsSwitchesAsPythonDoes) {
  for (const char* off : {"null", "0", "false"}) {
    const std::string json =
        fmt::format(R"({{"do_resize":{0},"do_center_crop":{0},"do_rescale":{0},"do_normalize":{0},)"
                    R"("do_convert_rgb":{0}}})",
                    off);
    const Preprocessing read = Read(json, BackboneKind::kClip);
    EXPECT_FALSE(read.resize || read.crop || read.rescale || read.normalize) << off;
    EXPECT_EQ(read.transparency, Transparency::kDropped) << off;
  }
  EXPECT_TRUE(Read(R"({"do_center_crop":1,"crop_size":9})", BackboneKind::kVit).crop);
  for (const char* wrong : {R"("yes")", "2", "-1", "0.5", "[]", "{}"}) {
    EXPECT_NE(Refusal(fmt::format(R"({{"do_resize":{}}})", wrong)).find("'do_resize'"),
              std::string::npos)
        << wrong;
  }
}

// CLIP's processor, and BiT's, which has its defaults, lay pictures on white.
TEST(ReadPreprocessing, LaysOnWhiteWhereTheProcessorConverts) {
  EXPECT_EQ(Read("{}", BackboneKind::kClip).transparency, Transparency::kOverWhite);
  EXPECT_EQ(Read("{}", BackboneKind::kVit).transparency, Transparency::kDropped);
  EXPECT_EQ(Read("{}", BackboneKind::kResnet).transparency, Transparency::kDropped);
  EXPECT_EQ(
      Read(R"({"image_processor_type":"BitImageProcessor"})", BackboneKind::kResnet).transparency,
      Transparency::kOverWhite);
  EXPECT_EQ(Read(R"({"do_convert_rgb":true})", BackboneKind::kVit).transparency,
            Transparency::kOverWhite);
}

std::string TimmRefusal(const std::string& json) {
  const auto read = ReadTimmPreprocessing(json, "config.json");
  return read.ok() ? "" : FormatError(read.error());
}

// timm/resnet18.a1_in1k; its transform for evaluation: Resize(235, bicubic), CenterCrop(224).
TEST(ReadTimmPreprocessing, MakesTimmsTransform) {
  const auto read = ReadTimmPreprocessing(
      R"({"tag":"a1_in1k","input_size":[3,224,224],"test_input_size":[3,288,288],)"
      R"("interpolation":"bicubic","crop_pct":0.95,"test_crop_pct":1.0,"crop_mode":"center",)"
      R"("mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.5],"pool_size":[7,7]})",
      "config.json");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->resize->shortest_edge, 235);
  EXPECT_EQ(read->resize->filter, Filter::kBicubic);
  EXPECT_EQ(read->crop, (Size{224, 224}));
  EXPECT_TRUE(read->corner_to_even);
  EXPECT_EQ(read->transparency, Transparency::kDropped);
  EXPECT_EQ(read->normalize->std[2], 0.5F);
  EXPECT_EQ(read->rescale, 1.0 / 255);
}

TEST(ReadTimmPreprocessing, HasTimmsDefaults) {
  const auto read = ReadTimmPreprocessing(R"({"mean":null,"interpolation":""})", "config.json");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->resize->shortest_edge, 256);
  EXPECT_EQ(read->resize->filter, Filter::kBicubic);
  EXPECT_EQ(read->crop, (Size{224, 224}));
  EXPECT_FLOAT_EQ(read->normalize->mean[0], 0.485F);
}

TEST(ReadTimmPreprocessing, RefusesWhatIsWrong) {
  EXPECT_NE(TimmRefusal("7").find("'pretrained_cfg' is 7"), std::string::npos);
  EXPECT_NE(TimmRefusal("7").find("config.json"), std::string::npos);
  for (const auto& [key, value] :
       std::multimap<std::string, std::string>{{"input_size", "[3,224,160]"},
                                               {"input_size", "[1,224,224]"},
                                               {"input_size", "224"},
                                               {"crop_pct", "1.5"},
                                               {"crop_pct", R"("all")"},
                                               {"crop_mode", R"("squash")"},
                                               {"interpolation", R"("random")"},
                                               {"interpolation", "3"},
                                               {"mean", "[1,2]"},
                                               {"std", "[1,0,1]"}}) {
    EXPECT_NE(TimmRefusal(fmt::format(R"({{"{}":{}}})", key, value)).find("'" + key + "'"),
              std::string::npos)
        << key << " " << value;
  }
}

TEST(ReadPreprocessing, RefusesWhatIsWrong) {
  EXPECT_NE(Refusal("[]").find("preprocessor_config.json"), std::string::npos);
  EXPECT_NE(Refusal(R"({"size":{"shortest_edge":-1}})").find("'size'"), std::string::npos);
  EXPECT_NE(Refusal(R"({"size":100000})").find("'size'"), std::string::npos);
  EXPECT_NE(Refusal(R"({"crop_size":"big"})").find("'crop_size'"), std::string::npos);
  EXPECT_NE(Refusal(R"({"resample":9})").find("'resample'"), std::string::npos);
  EXPECT_NE(Refusal(R"({"image_mean":[1,2]})").find("'image_mean'"), std::string::npos);
  EXPECT_NE(Refusal(R"({"image_mean":[1e300,0,0]})").find("'image_mean'"), std::string::npos);
  EXPECT_NE(Refusal(R"({"image_std":[1,0,1]})").find("'image_std'"), std::string::npos);
  EXPECT_NE(Refusal(R"({"rescale_factor":0})").find("'rescale_factor'"), std::string::npos);
  EXPECT_NE(Refusal(R"({"crop_pct":2,"size":224})", BackboneKind::kResnet), "");
  const std::string nested = R"({"size":)" + std::string(1 << 20, '[') + std::string(1 << 20, ']');
  EXPECT_NE(Refusal(nested + "}").find("nested deeper"), std::string::npos);
  EXPECT_LT(TimmRefusal(nested + "}").size(), 200U);
  EXPECT_LT(Refusal(R"({"size":")" + std::string(1 << 20, 'x') + R"("})").size(), 200U);
}

TEST(Prepare, ResizesByTheShorterSideAndCrops) {
  Preprocessing preprocessing;
  preprocessing.resize = ResizeRule{.filter = Filter::kBilinear, .shortest_edge = 10};
  EXPECT_EQ(Prepare(Plain(33, 20, 5), preprocessing).size, (Size{10, 16}));
  EXPECT_EQ(Prepare(Plain(20, 33, 5), preprocessing).size, (Size{16, 10}));
  preprocessing.crop = Size{8, 8};
  EXPECT_EQ(Prepare(Plain(33, 20, 5), preprocessing).size, (Size{8, 8}));
}

// transformers, longest_edge: 12 of 33 x 20 is 7.27 x 12.
TEST(Prepare, KeepsTheLongerSideInBounds) {
  Preprocessing preprocessing;
  preprocessing.resize =
      ResizeRule{.filter = Filter::kBilinear, .shortest_edge = 10, .longest_edge = 12};
  EXPECT_EQ(Prepare(Plain(33, 20, 5), preprocessing).size, (Size{7, 12}));
}

// transformers: 99 * 33 / 100 is 32.67, rounded the picture's own shorter side, which stays.
TEST(Prepare, LeavesAPictureThatHasItsBoundedSizeAsItIs) {
  Preprocessing preprocessing;
  preprocessing.resize =
      ResizeRule{.filter = Filter::kBilinear, .shortest_edge = 48, .longest_edge = 99};
  EXPECT_EQ(Prepare(Plain(100, 33, 5), preprocessing).size, (Size{33, 100}));
}

TEST(Prepare, PadsWithBlackWhatIsTooSmall) {
  Preprocessing preprocessing;
  preprocessing.crop = Size{1, 4};
  preprocessing.rescale.reset();
  const Pixels pixels = Prepare(Plain(1, 1, 9), preprocessing);
  // transformers: the padding before is (4 - 1) / 2, rounded up.
  EXPECT_EQ(pixels.values, (std::vector<float>{0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 9, 0}));
}

TEST(Prepare, RoundsTheCornerOfACrop) {
  Image ramp{6, 1, {}};
  for (int i = 0; i < 6; ++i) ramp.rgb.insert(ramp.rgb.end(), 3, static_cast<std::uint8_t>(i));
  Preprocessing preprocessing;
  preprocessing.crop = Size{1, 3};
  preprocessing.rescale.reset();
  EXPECT_EQ(Prepare(ramp, preprocessing).values[0], 1);  // 1.5, down
  preprocessing.corner_to_even = true;
  EXPECT_EQ(Prepare(ramp, preprocessing).values[0], 2);
}

TEST(Prepare, NormalisesByChannel) {
  Preprocessing preprocessing;
  preprocessing.normalize = {{0.5F, 0.25F, 0}, {0.5F, 0.5F, 2}};
  EXPECT_EQ(Prepare(Plain(1, 1, 255), preprocessing).values, (std::vector<float>{1, 1.5F, 0.5F}));
}

}  // namespace
}  // namespace unmask
