// Images a second through a model, prepared pixels to features:
//   backbone_images FOLDER float32|bfloat16 THREADS SECONDS     (prints one number)
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <string_view>

#include "common/base/shared_module.h"
#include "common/random/philox.h"
#include "worker/backbone/backbone_module.h"
#include "worker/backbone/extract.h"
#include "worker/model/torch_module.h"
#include "worker/trainer/numerics.h"

namespace unmask {
namespace {

constexpr std::size_t kPictures = 64;

Pixels RandomPixels(Size size, std::uint32_t number) {
  Pixels pixels{size, std::vector<float>(static_cast<std::size_t>(3 * size.height * size.width))};
  RandomStream(0, "", "bench").FillUniform(number, 0, pixels.values);
  return pixels;
}

Result<double> ImagesPerSecond(const fs::path& folder, Precision precision, unsigned threads,
                               double seconds) {
  UNMASK_ASSIGN(ModelFolder model, OpenModelFolder(folder, ClipFeature::kPooled));
  model.parts.precision = precision;
  const Size size = model.parts.config.image_size();
  UNMASK_ASSIGN(const BackboneModule* module,
                OpenModuleTable<BackboneModule>(kTorchModuleFile, kBackboneModuleSymbol));
  UNMASK_ASSIGN(const auto backbone, module->make_backbone(std::move(model.parts)));
  std::vector<PictureMaker> makers;
  makers.reserve(kPictures);
  for (std::uint32_t i = 0; i < kPictures; ++i) {
    makers.emplace_back([pixels = RandomPixels(size, i)] { return Result<Pixels>(pixels); });
  }
  UNMASK_TRY(ExtractFeatures(*backbone, std::span(makers).first(16), threads));  // warm
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  std::size_t done = 0;
  std::chrono::duration<double> took{};
  while (took.count() < seconds) {
    UNMASK_TRY(ExtractFeatures(*backbone, makers, threads));
    done += makers.size();
    took = Clock::now() - begin;
  }
  return static_cast<double>(done) / took.count();
}

}  // namespace
}  // namespace unmask

int main(int argc, char** argv) {
  using namespace unmask;
  if (argc != 5) {
    fmt::print(stderr, "usage: backbone_images FOLDER float32|bfloat16 THREADS SECONDS\n");
    return 2;
  }
  const Result<std::string> cpuinfo = ReadFile("/proc/cpuinfo");
  PinEnvironment(PinnedInstructionSet(), ParseProcessor(cpuinfo.ok() ? *cpuinfo : ""));
  const auto precision =
      std::string_view(argv[2]) == "bfloat16" ? Precision::kBfloat16 : Precision::kFloat32;
  const Result<double> speed = ImagesPerSecond(
      argv[1], precision, static_cast<unsigned>(std::atoi(argv[3])), std::atof(argv[4]));
  if (!speed.ok()) {
    fmt::print(stderr, "{}\n", FormatError(speed.error()));
    return 1;
  }
  fmt::print("{:.2f}\n", *speed);
  return 0;
}
