#include "worker/backbone/embed.h"

#include <new>

#include "worker/backbone/extract.h"

namespace unmask {
namespace {

// The file's bytes for [rows, width].
std::string FileOf(std::span<const float> values, std::size_t width) {
  Safetensors file;
  file.metadata["format"] = "pt";  // which readers of transformers ask for
  file.tensors["features"] = {
      DType::kF32,
      {static_cast<std::int64_t>(values.size() / width), static_cast<std::int64_t>(width)},
      {reinterpret_cast<const char*>(values.data()), values.size_bytes()}};
  return WriteSafetensors(file);
}

Result<Pixels> ReadAndPrepare(const fs::path& path, const Preprocessing& preprocessing) {
  UNMASK_ASSIGN(const Image image, ReadImage(path, preprocessing.transparency));
  if (!CanPrepare(image, preprocessing)) {
    return DataError("the picture is too long for its width", path.string(),
                     "scaled as the model wants it, at most 64 million pixels");
  }
  return Prepare(image, preprocessing);
}

}  // namespace

Result<std::string> EmbedImages(const Backbone& backbone, const Preprocessing& preprocessing,
                                const std::vector<fs::path>& images, unsigned threads) {
  std::vector<PictureMaker> makers;
  makers.reserve(images.size());
  for (const fs::path& path : images) {
    makers.emplace_back([&path, &preprocessing]() -> Result<Pixels> {
      try {
        return ReadAndPrepare(path, preprocessing);
      } catch (const std::bad_alloc&) {
        return InternalError("no memory to decode the picture", path.string());
      }
    });
  }
  UNMASK_ASSIGN(const FeatureRows rows, ExtractFeatures(backbone, makers, threads));
  return FileOf(rows.values, rows.width);
}

std::string FeatureFile(const std::vector<std::vector<float>>& features) {
  UNMASK_CHECK(!features.empty());
  const std::size_t width = features.front().size();
  std::vector<float> values;
  values.reserve(features.size() * width);
  for (const std::vector<float>& one : features) {
    UNMASK_CHECK(one.size() == width);
    values.insert(values.end(), one.begin(), one.end());
  }
  return FileOf(values, width);
}

}  // namespace unmask
