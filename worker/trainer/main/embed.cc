#include "worker/trainer/main/embed.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <thread>

#include "worker/backbone/backbone_module.h"
#include "worker/backbone/embed.h"
#include "worker/trainer/numerics.h"
#include "worker/trainer/torch_library.h"

namespace unmask {
namespace {

struct EmbedArguments {
  fs::path model;
  fs::path out;
  FeatureKind feature = FeatureKind::kPooled;
  std::vector<fs::path> images;
};

Result<std::unique_ptr<Backbone>> LoadBackbone(BackboneParts parts) {
  UNMASK_ASSIGN(const std::string cpuinfo, ReadFile("/proc/cpuinfo"));
  PinEnvironment(PinnedInstructionSet(), ParseProcessor(cpuinfo));
  try {
    const auto* module = LoadTorchModule<BackboneModule>(kBackboneModuleSymbol);
    return module->make_backbone(std::move(parts));
  } catch (const std::exception& error) {
    return InternalError(error.what());
  }
}

Status Embed(const EmbedArguments& arguments) {
  std::error_code ignored;
  const fs::path folder = fs::absolute(arguments.out).parent_path();
  if (!fs::is_directory(folder, ignored)) {
    return DataError("no such folder", folder.string(), "a folder for --out");
  }
  UNMASK_ASSIGN(ModelFolder model, OpenModelFolder(arguments.model, arguments.feature));
  UNMASK_ASSIGN(const auto backbone, LoadBackbone(std::move(model.parts)));
  UNMASK_ASSIGN(const std::string bytes,
                EmbedImages(*backbone, model.preprocessing, arguments.images,
                            std::thread::hardware_concurrency()));
  return WriteFileDurably(arguments.out, bytes);
}

}  // namespace

int EmbedMain(int argc, char** argv) {
  static const std::map<std::string, FeatureKind> features = {
      {"pooled", FeatureKind::kPooled}, {"projected", FeatureKind::kProjected}};
  EmbedArguments arguments;
  CLI::App app("Features of images; use `unmask embed`.", "unmask-trainer embed");
  app.add_option("--model", arguments.model)->required();
  app.add_option("--out", arguments.out)->required();
  app.add_option("--feature", arguments.feature)->transform(CLI::CheckedTransformer(features));
  app.add_option("IMAGE", arguments.images)->required();
  CLI11_PARSE(app, argc, argv);
  const Status status = Embed(arguments);
  if (status.ok()) return 0;
  fmt::print(stderr, "{}\n", FormatError(status.error()));
  return ExitCode(status.error().code);
}

}  // namespace unmask
