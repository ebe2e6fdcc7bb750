// `unmask data`: import, validate and synthesise data sets.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <unordered_set>

#include "cli/command.h"
#include "cli/out_path.h"
#include "common/base/json_text.h"
#include "common/base/log.h"
#include "common/base/out_file.h"
#include "common/base/process.h"
#include "common/base/text.h"
#include "common/data/csv.h"
#include "common/data/frames.h"
#include "common/data/manifest.h"
#include "common/data/mfed_import.h"
#include "common/data/synth.h"
#include "common/synth_faces/synth_faces.h"
#include "common/synth_model/synth_model.h"
#include "worker/faces/check_pictures.h"

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
                     VisibleText(names));
}

// `pictures`: how many there are of `which`.
void PrintSummary(const std::vector<ManifestClip>& clips, const std::string& file, bool json,
                  std::size_t pictures = 0, std::string_view which = "") {
  Json summary = SummaryJson(clips);
  if (json) {
    summary["pictures"] = pictures;
    summary["manifest"] = file;
    fmt::print("{}\n", AsciiJson(summary, 2));
  } else {
    fmt::print("{}: {}{}\n", VisibleText(file), SummaryText(summary),
               pictures == 0 ? "" : fmt::format("; {} pictures {}", pictures, which));
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

void LogMissingFrames(const std::vector<std::string>& clips) {
  constexpr std::size_t kNamed = 10;
  std::vector<std::string> first(
      clips.begin(), clips.begin() + std::min<std::ptrdiff_t>(kNamed, std::ssize(clips)));
  for (const std::string& clip : clips) {
    LogDebug(fmt::format("clip {} has no folder of frames, or several", clip));
  }
  LogInfo(fmt::format("{} clips have no folder of frames, or several: {}{}", clips.size(),
                      Join(first, ", "),
                      clips.size() > kNamed ? ", ... (--verbose shows each)" : ""));
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
  if (!import.cleaned.empty()) {
    LogInfo(fmt::format("{} entries had odd action units, cleaned (--verbose shows each):",
                        import.cleaned.size()));
  }
  for (const auto& [kind, entries] : entries_by_kind) {
    LogInfo(fmt::format("  {} in {} entries", kind, entries));
  }
  if (!import.missing_frames.empty()) LogMissingFrames(import.missing_frames);
}

Status ImportMfedCommand(const CommandContext& context, const std::string& json_file,
                         const std::string& frames, const std::string& out) {
  UNMASK_TRY(CheckIsNoInput(out, std::span(&json_file, 1)));
  UNMASK_ASSIGN(const std::string bytes, ReadFile(json_file, kMaxAnnotationBytes));
  std::error_code ignored;
  if (!frames.empty() && !fs::is_directory(frames, ignored)) {
    return DataError("not a folder", frames, "--frames with the folder of images");
  }
  const auto root = frames.empty() ? std::nullopt : std::make_optional<fs::path>(frames);
  UNMASK_ASSIGN(const MfedImport import, ImportMfed(bytes, json_file, root));
  if (root && import.missing_frames.size() == import.clips.size()) {
    return DataError(
        "no clip's frames are there", frames,
        fmt::format("folders named as the clips, such as '{}'", import.clips[0].sample));
  }
  UNMASK_TRY(WriteOutFile(out, ManifestCsv(import.clips)));
  LogImport(import);
  if (root) {
    LogInfo(
        fmt::format("frames are relative to {0}: dataset.root={0}; to look at every picture: "
                    "unmask data validate {1} --root {0}",
                    frames, out));
  }
  if (context.json) {
    fmt::print("{}\n", AsciiJson(ImportJson(import, out), 2));
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

// Of the manifest and of the pictures; what was wrong with a cell is not told twice.
std::vector<Problem> ByPlace(const ManifestDraft& draft, const PictureCheck& pictures) {
  std::unordered_set<std::string_view> told;  // where
  for (const Problem& problem : draft.problems) told.insert(problem.where);
  std::vector<Problem> all = draft.problems;
  for (const Problem& problem : pictures.problems) {
    if (!told.contains(problem.where)) all.push_back(problem);
  }
  SortByPlace(all);
  return all;
}

Error Reported(const CommandContext& context, const Error& error) {
  if (context.json) {
    fmt::print("{}\n", AsciiJson(ProblemsJson(error), 2));
  }
  return error;
}

// What is right, and yet not enough for every study.
void LogWhatStudiesMiss(const std::vector<ManifestClip>& clips, const PictureCheck& pictures) {
  if (std::ranges::all_of(clips, [](const auto& clip) { return clip.disguised_label.empty(); })) {
    LogInfo(
        "no clip has a disguised label: a study of these needs dataset.clips=all "
        "model.kind=single-task model.task=ter");
  }
  if (pictures.without_apex > 0) {
    LogInfo(
        fmt::format("{} {} frames and an onset, but no apex frame: a study on pictures refuses "
                    "them, unless dataset.frame=onset",
                    pictures.without_apex, pictures.without_apex == 1 ? "clip has" : "clips have"));
  }
}

Status ValidateCommand(const CommandContext& context, const fs::path& file, const fs::path& root) {
  if (!root.empty()) {
    const Status there = CheckRoot(root, "--root");
    if (!there.ok()) return Reported(context, there.error());
  }
  const auto draft = LoadManifestDraft(file, root);
  if (!draft.ok()) return Reported(context, draft.error());
  const unsigned threads = static_cast<unsigned>(UsableCores());
  const PictureCheck pictures = CheckPictures(draft->manifest, DatasetRoot(file, root), threads);
  const std::vector<Problem> problems = ByPlace(*draft, pictures);
  if (!problems.empty()) return Reported(context, Error(ErrorCode::kData, problems));
  PrintSummary(draft->manifest.clips, file.string(), context.json, pictures.pictures,
               "that can be read");
  LogWhatStudiesMiss(draft->manifest.clips, pictures);
  return {};
}

Status SynthCommand(const CommandContext& context, const std::string& folder,
                    const SynthOptions& options) {
  UNMASK_ASSIGN(const auto clips, WriteSynthFaces(options, folder));
  std::size_t drawn = 0;
  for (const ManifestClip& clip : clips) {
    drawn += DrawnFrames(clip).size();
  }
  PrintSummary(clips, (fs::path(folder) / "manifest.csv").string(), context.json, drawn, "drawn");
  return {};
}

Status SynthWeightsCommand(const fs::path& folder, const SynthModelOptions& options) {
  UNMASK_TRY(MakeFolders(folder));
  for (const auto& [name, bytes] : SynthModelFiles(options)) {
    UNMASK_TRY(WriteFileDurably(folder / name, bytes));
  }
  return {};
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
                   "Folder that holds each clip's images, DIR/SUBJECT/FILENAME or deeper "
                   "(dataset.root)")
      ->type_name("DIR");
  mfed->add_option("--out", arguments->out, "Manifest to write")
      ->required()
      ->check(NamesAPlace)
      ->type_name("FILE");
  mfed->callback([arguments, &context] {
    Finish(context, ImportMfedCommand(context, arguments->json, arguments->frames, arguments->out));
  });
}

void AddValidate(CLI::App& data, CommandContext& context) {
  auto* validate =
      data.add_subcommand("validate", "Report every problem of a manifest and of its pictures");
  validate->footer("Example: unmask data validate mfed.csv");
  struct Arguments {
    std::string file, root;
  };
  auto arguments = std::make_shared<Arguments>();
  validate->add_option("MANIFEST", arguments->file, "CSV file")->required();
  validate
      ->add_option("--root", arguments->root,
                   "What `frames` is relative to (dataset.root); default: the manifest's folder")
      ->type_name("DIR");
  validate->callback([arguments, &context] {
    Finish(context, ValidateCommand(context, arguments->file, arguments->root));
  });
}

void AddSynth(CLI::App& data, CommandContext& context) {
  auto* synth =
      data.add_subcommand("synth", "Write a synthetic data set: DIR/manifest.csv and drawn faces");
  synth->footer("Example: unmask data synth synthetic --subjects 22 --seed 0");
  struct Arguments {
    std::string folder;
    SynthOptions options;
  };
  auto arguments = std::make_shared<Arguments>();
  synth->add_option("DIR", arguments->folder, "Folder to write")->required()->check(NamesAPlace);
  synth->add_option("--subjects", arguments->options.subjects, "How many")
      ->check(WholeNumber(1, 10000))
      ->capture_default_str();
  synth->add_option("--seed", arguments->options.seed, "Of every draw")
      ->check(WholeNumber(0))
      ->capture_default_str();
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
  weights->add_option("DIR", arguments->folder, "Folder to write")->required()->check(NamesAPlace);
  weights->add_option("--seed", arguments->options.seed, "Of every weight")
      ->check(WholeNumber(0))
      ->capture_default_str();
  weights->callback([arguments, &context] {
    arguments->options.kind = *FromName<SynthModelKind>(arguments->kind);
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
