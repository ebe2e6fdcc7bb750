#include "worker/backbone/embed.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace unmask {
namespace {

using Features = Result<std::vector<float>>;

Features FeaturesOf(const fs::path& path, const Backbone& backbone,
                    const Preprocessing& preprocessing) {
  UNMASK_ASSIGN(const Image image, ReadImage(path));
  return backbone.Features(Prepare(image, preprocessing));
}

std::vector<Features> FeaturesOfAll(const Backbone& backbone, const Preprocessing& preprocessing,
                                    const std::vector<fs::path>& images, unsigned threads) {
  std::vector<Features> features(images.size(), Features(std::vector<float>()));
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < images.size(); i = next++) {
      features[i] = FeaturesOf(images[i], backbone, preprocessing);
    }
  };
  const std::size_t others = std::min<std::size_t>(std::max(threads, 1U), images.size()) - 1;
  {
    std::vector<std::jthread> workers;  // joined at the end of this block
    workers.reserve(others);
    for (std::size_t i = 0; i < others; ++i) workers.emplace_back(work);
    work();
  }
  return features;
}

Status AllGood(const std::vector<Features>& features) {
  std::vector<Problem> problems;
  for (const Features& one : features) {
    if (one.ok()) continue;
    const auto& found = one.error().problems;
    problems.insert(problems.end(), found.begin(), found.end());
  }
  if (problems.empty()) return {};
  return Error(ErrorCode::kData, std::move(problems));
}

}  // namespace

Result<std::string> EmbedImages(const Backbone& backbone, const Preprocessing& preprocessing,
                                const std::vector<fs::path>& images, unsigned threads) {
  UNMASK_CHECK(!images.empty());
  const std::vector<Features> features = FeaturesOfAll(backbone, preprocessing, images, threads);
  UNMASK_TRY(AllGood(features));
  std::vector<std::vector<float>> rows;
  rows.reserve(features.size());
  for (const Features& one : features) rows.push_back(*one);
  return FeatureFile(rows);
}

std::string FeatureFile(const std::vector<std::vector<float>>& features) {
  UNMASK_CHECK(!features.empty());
  const std::size_t width = features.front().size();
  std::string bytes;
  bytes.reserve(features.size() * width * sizeof(float));
  for (const std::vector<float>& one : features) {
    UNMASK_CHECK(one.size() == width);
    bytes.append(reinterpret_cast<const char*>(one.data()), width * sizeof(float));
  }
  Safetensors file;
  file.metadata["format"] = "pt";  // which readers of transformers ask for
  file.tensors["features"] = {
      DType::kF32,
      {static_cast<std::int64_t>(features.size()), static_cast<std::int64_t>(width)},
      bytes};
  return WriteSafetensors(file);
}

}  // namespace unmask
