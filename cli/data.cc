// `unmask data`: import, validate and synthesise data sets.
#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/command.h"
#include "common/base/log.h"
#include "common/base/text.h"
#include "common/data/manifest.h"
#include "common/data/mfed_import.h"
#include "common/data/synth.h"
#include "common/synth_model/synth_model.h"

namespace unmask {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kMaxAnnotationBytes = std::uint64_t{64} << 20;

Json SummaryJson(const std::vector<ManifestClip>& clips) {
  int masked = 0;
  std::set<std::string> subjects, classes;
  for (const ManifestClip& clip : clips) {
    masked += IsMasked(clip);
    subjects.insert(clip.subject);
    for (const std::string& label : {clip.true_label, clip.disguised_label}) {
      if (!label.empty()) classes.insert(label);
    }
  }
  return {
      {"clips", clips.size()}, {"masked", masked}, {"subjects", subjects}, {"classes", classes}};
}

std::string SummaryText(const Json& summary) {
  const Json& classes = summary["classes"];
  std::string names;
  for (const auto& name : classes) names += " " + name.get<std::string>();
  return fmt::format("{} clips, {} masked, {} subjects, {} classes:{}", summary["clips"].get<int>(),
                     summary["masked"].get<int>(), summary["subjects"].size(), classes.size(),
                     EscapeControl(names));
}

void PrintSummary(const std::vector<ManifestClip>& clips, const std::string& file, bool json) {
  Json summary = SummaryJson(clips);
  if (json) {
    summary["manifest"] = file;
    fmt::print("{}\n", summary.dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    fmt::print("{}: {}\n", EscapeControl(file), SummaryText(summary));
  }
}

Json ImportJson(const MfedImport& import, const std::string& out) {
  Json json = SummaryJson(import.clips);
  json["manifest"] = out;
  json["cleaned"] = json["wrong_durations"] = Json::array();
  for (const CleanedEntry& c : import.cleaned) {
    json["cleaned"].push_back({{"entry", c.entry},
                               {"sample", c.sample},
                               {"before", c.before},
                               {"after", c.after},
                               {"kinds", c.kinds}});
  }
  for (const WrongDuration& d : import.durations) {
    json["wrong_durations"].push_back({{"entry", d.entry},
                                       {"sample", d.sample},
                                       {"duration", d.duration},
                                       {"expected", d.expected}});
  }
  json["missing_frames"] = import.missing_frames;
  return json;
}

void LogImport(const MfedImport& import) {
  std::map<std::string, int> entries_by_kind;
  for (const CleanedEntry& c : import.cleaned) {
    for (const std::string& kind : c.kinds) ++entries_by_kind[kind];
    LogDebug(fmt::format("entry {} {}: '{}' -> '{}' ({})", c.entry, c.sample, c.before, c.after,
                         Join(c.kinds, ", ")));
  }
  for (const WrongDuration& d : import.durations) {
    LogInfo(fmt::format("entry {} {}: Duration '{}' is not offset - onset + 1 = {}; not used",
                        d.entry, d.sample, d.duration, d.expected));
  }
  for (const std::string& sample : import.missing_frames) {
    LogDebug("no folder of frames for " + sample);
  }
  LogInfo(fmt::format("{} entries had odd action units, cleaned (--verbose shows each):",
                      import.cleaned.size()));
  for (const auto& [kind, entries] : entries_by_kind) {
    LogInfo(fmt::format("  {} in {} entries", kind, entries));
  }
  if (!import.missing_frames.empty()) {
    LogInfo(fmt::format("{} clips have no folder of frames (--verbose names them)",
                        import.missing_frames.size()));
  }
}

Status ImportMfedCommand(const CommandContext& context, const std::string& json_file,
                         const std::string& frames, const std::string& out) {
  UNMASK_ASSIGN(const std::string bytes, ReadFile(json_file, kMaxAnnotationBytes));
  std::error_code ignored;
  if (!frames.empty() && !fs::is_directory(frames, ignored)) {
    return DataError("not a folder", frames, "--frames with the folder of images");
  }
  const auto root = frames.empty() ? std::nullopt : std::make_optional<fs::path>(frames);
  UNMASK_ASSIGN(const MfedImport import, ImportMfed(bytes, json_file, root));
  UNMASK_TRY(WriteFileDurably(out, ManifestCsv(import.clips)));
  LogImport(import);
  if (context.json) {
    fmt::print("{}\n", ImportJson(import, out).dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    PrintSummary(import.clips, out, false);
  }
  return {};
}

Json ProblemsJson(const Error& error) {
  Json problems = Json::array();
  for (const Problem& p : error.problems) {
    problems.push_back({{"what", p.what}, {"where", p.where}, {"expected", p.expected}});
  }
  return {{"problems", std::move(problems)}};
}

Status ValidateCommand(const CommandContext& context, const std::string& file) {
  auto manifest = LoadManifest(file);
  if (!manifest.ok()) {
    if (context.json)
      fmt::print(
          "{}\n",
          ProblemsJson(manifest.error()).dump(2, ' ', false, Json::error_handler_t::replace));
    return manifest.error();
  }
  PrintSummary(manifest->clips, file, context.json);
  return {};
}

Status SynthCommand(const CommandContext& context, const std::string& folder,
                    const SynthOptions& options) {
  UNMASK_TRY(MakeFolders(folder));
  const fs::path file = fs::path(folder) / "manifest.csv";
  const auto clips = SynthesizeClips(options);
  UNMASK_TRY(WriteFileDurably(file, ManifestCsv(clips)));
  PrintSummary(clips, file.string(), context.json);
  return {};
}

Status SynthWeightsCommand(const fs::path& folder, const SynthModelOptions& options) {
  UNMASK_TRY(MakeFolders(folder));
  for (const auto& [name, bytes] : SynthModelFiles(options)) {
    UNMASK_TRY(WriteFileDurably(folder / name, bytes));
  }
  return {};
}

void Finish(CommandContext& context, const Status& status) {
  if (!status.ok()) context.Fail(status.error());
}

void AddImport(CLI::App& data, CommandContext& context) {
  auto* import = data.add_subcommand("import", "Read a published annotation into a manifest");
  import->require_subcommand(1);
  import->footer("Example: unmask data import mfed MEIP_Micro_FACS_Codes.json --out mfed.csv");
  auto* mfed = import->add_subcommand("mfed", "Masked Facial Expression Database, all clips");
  mfed->footer("Example: unmask data import mfed MEIP_Micro_FACS_Codes.json --out mfed.csv");
  struct Arguments {
    std::string json, frames, out;
  };
  auto arguments = std::make_shared<Arguments>();
  mfed->add_option("JSON", arguments->json, "MFED's annotation")->required();
  mfed->add_option("--frames", arguments->frames,
                   "Folder of images, DIR/SUBJECT/FILENAME or DIR/FILENAME (dataset.root)")
      ->type_name("DIR");
  mfed->add_option("--out", arguments->out, "Manifest to write")->required()->type_name("FILE");
  mfed->callback([arguments, &context] {
    Finish(context, ImportMfedCommand(context, arguments->json, arguments->frames, arguments->out));
  });
}

void AddValidate(CLI::App& data, CommandContext& context) {
  auto* validate = data.add_subcommand("validate", "Report every problem of a manifest");
  validate->footer("Example: unmask data validate mfed.csv");
  auto file = std::make_shared<std::string>();
  validate->add_option("MANIFEST", *file, "CSV file")->required();
  validate->callback([file, &context] { Finish(context, ValidateCommand(context, *file)); });
}

void AddSynth(CLI::App& data, CommandContext& context) {
  auto* synth = data.add_subcommand("synth", "Write a synthetic data set, DIR/manifest.csv");
  synth->footer("Example: unmask data synth synthetic --subjects 22 --seed 0");
  struct Arguments {
    std::string folder;
    SynthOptions options;
  };
  auto arguments = std::make_shared<Arguments>();
  synth->add_option("DIR", arguments->folder, "Folder to write")->required();
  synth->add_option("--subjects", arguments->options.subjects, "How many")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  synth->add_option("--seed", arguments->options.seed, "Of every draw")->capture_default_str();
  synth->callback([arguments, &context] {
    Finish(context, SynthCommand(context, arguments->folder, arguments->options));
  });
}

void AddSynthWeights(CLI::App& data, CommandContext& context) {
  auto* weights = data.add_subcommand(
      "synth-weights", "Write a small model with random weights, as a Hugging Face folder");
  weights->footer("Example: unmask data synth-weights vit tiny-vit --seed 1");
  struct Arguments {
    std::string kind, folder;
    SynthModelOptions options;
  };
  auto arguments = std::make_shared<Arguments>();
  weights->add_option("KIND", arguments->kind, "vit, clip, resnet18")
      ->required()
      ->check(CLI::IsMember({"vit", "clip", "resnet18"}));
  weights->add_option("DIR", arguments->folder, "Folder to write")->required();
  weights->add_option("--seed", arguments->options.seed, "Of every weight")->capture_default_str();
  weights->callback([arguments, &context] {
    arguments->options.kind = *SynthModelKindOf(arguments->kind);
    Finish(context, SynthWeightsCommand(arguments->folder, arguments->options));
  });
}

}  // namespace

void AddDataCommand(CLI::App& app, CommandContext& context) {
  auto* data = app.add_subcommand("data", "Import, validate or synthesise a data set");
  data->require_subcommand(1);
  data->footer("Example: unmask data validate mfed.csv");
  AddImport(*data, context);
  AddValidate(*data, context);
  AddSynth(*data, context);
  AddSynthWeights(*data, context);
}

}  // namespace unmask
