#include "worker/trainer/main/embed.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>

#include "common/base/out_file.h"
#include "common/base/process.h"
#include "common/base/shared_module.h"
#include "common/config/names.h"
#include "worker/backbone/backbone_module.h"
#include "worker/backbone/embed.h"
#include "worker/clip_text/tokenizer.h"
#include "worker/model/torch_module.h"
#include "worker/trainer/numerics.h"

namespace unmask {
namespace {

// A positional takes words until it has so many. CLI11's usual way to take any number, which allows
// extra ones, would split an input that is called "[a,b]".
constexpr int kAnyNumber = 1 << 28;

struct EmbedArguments {
  fs::path model;
  fs::path out;
  ClipFeature feature = ClipFeature::kPooled;
  Precision precision = Precision::kFloat32;
  bool text = false;
  std::vector<std::string> inputs;  // paths of images, or texts
};

template <NamedEnum E>
CLI::CheckedTransformer ByName() {
  std::map<std::string, E> values;
  for (const std::string_view name : kNames<E>) values.emplace(name, *FromName<E>(name));
  return CLI::CheckedTransformer(std::move(values));
}

Result<const BackboneModule*> LoadModule() {
  UNMASK_ASSIGN(const std::string cpuinfo, ReadFile("/proc/cpuinfo"));
  PinEnvironment(PinnedInstructionSet(), ParseProcessor(cpuinfo));
  return OpenModuleTable<BackboneModule>(kTorchModuleFile, kBackboneModuleSymbol);
}

Result<std::string> ImageFeatures(const EmbedArguments& arguments) {
  UNMASK_ASSIGN(ModelFolder model, OpenModelFolder(arguments.model, arguments.feature));
  model.parts.precision = arguments.precision;
  UNMASK_ASSIGN(const BackboneModule* module, LoadModule());
  UNMASK_ASSIGN(const auto backbone, module->make_backbone(std::move(model.parts)));
  return EmbedImages(*backbone, model.preprocessing,
                     {arguments.inputs.begin(), arguments.inputs.end()},
                     static_cast<unsigned>(UsableCores()));
}

Result<std::string> TextFeatures(const EmbedArguments& arguments) {
  UNMASK_ASSIGN(TextParts parts, OpenTextModel(arguments.model));
  UNMASK_ASSIGN(Vocabulary vocabulary,
                ReadVocabulary(arguments.model, BesideProgram(kStandardMergesFile)));
  const ClipTokenizer tokenizer(std::move(vocabulary));
  const auto most = static_cast<std::size_t>(parts.config.positions);
  UNMASK_ASSIGN(const BackboneModule* module, LoadModule());
  UNMASK_ASSIGN(const auto model, module->make_text_model(std::move(parts)));
  std::vector<std::vector<float>> features;
  for (const std::string& text : arguments.inputs) {
    UNMASK_ASSIGN(std::vector<float> row, model->Features(tokenizer.Encode(text, most)));
    features.push_back(std::move(row));
  }
  return FeatureFile(features);
}

Status Embed(const EmbedArguments& arguments) {
  std::error_code ignored;
  const fs::path folder = fs::absolute(arguments.out).parent_path();
  if (!fs::is_directory(folder, ignored)) {
    return DataError("no such folder", folder.string(), "a folder for --out");
  }
  UNMASK_ASSIGN(const std::string bytes,
                arguments.text ? TextFeatures(arguments) : ImageFeatures(arguments));
  return WriteOutFile(arguments.out, bytes);
}

}  // namespace

int EmbedMain(int argc, char** argv) {
  EmbedArguments arguments;
  CLI::App app("Features of images or texts; use `unmask embed`.", "unmask-trainer embed");
  app.add_option("--model", arguments.model)->required();
  app.add_option("--out", arguments.out)->required();
  app.add_option("--feature", arguments.feature)->transform(ByName<ClipFeature>());
  app.add_option("--precision", arguments.precision)->transform(ByName<Precision>());
  app.add_flag("--text", arguments.text);
  app.add_option("IMAGE", arguments.inputs)
      ->required()
      ->take_all()
      ->allow_extra_args(false)
      ->expected(kAnyNumber, -1);
  CLI11_PARSE(app, argc, argv);
  const Status status = Embed(arguments);
  if (status.ok()) return 0;
  fmt::print(stderr, "{}\n", FormatError(status.error()));
  return ExitCode(status.error().code);
}

}  // namespace unmask
