#include "common/data/mfed_import.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "common/base/parse_json.h"
#include "common/base/text.h"
#include "common/data/clip_folders.h"

namespace unmask {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kFrameMax = 999'999'999;  // a clip of 57 days

class Importer {
 public:
  Importer(const std::string& name, const std::optional<fs::path>& frames_root)
      : name_(name), frames_root_(frames_root) {}

  Result<MfedImport> Import(const Json& annotation) {
    if (annotation.empty()) return DataError("no entries", name_, "MFED's annotation");
    std::map<std::int64_t, const Json*> entries;  // by number: "10" comes after "9"
    for (const auto& [key, entry] : annotation.items()) {
      entry_ = Beginning(key);
      const auto number = ParseInt(key);
      if (!number || !entries.try_emplace(*number, &entry).second) {
        Report("bad key of an entry", "numbers, each once");
      }
    }
    for (const auto& [number, entry] : entries) {
      entry_ = std::to_string(number);
      ReadEntry(*entry);
    }
    if (!problems_.empty()) return Error(ErrorCode::kData, problems_);
    if (frames_root_) FindFrames();
    if (!problems_.empty()) return Error(ErrorCode::kData, problems_);
    return std::move(import_);
  }

 private:
  void ReadEntry(const Json& entry) {
    if (!entry.is_object()) return Report("entry is not an object", "an object of strings");
    const std::size_t problems_before = problems_.size();
    ManifestClip clip;
    clip.sample = Name(entry, "Filename");
    clip.subject = Name(entry, "Subject");
    clip.true_label = Name(entry, "reallabel");
    clip.disguised_label = Name(entry, "masklabel");
    clip.onset = Frame(entry, "OnsetFrame");
    clip.apex = Frame(entry, "ApexFrame");
    clip.offset = Frame(entry, "OffsetFrame");
    const std::string duration = Text(entry, "Duration");
    const std::string units = Text(entry, "Action_Units");
    if (problems_.size() > problems_before) return;
    CheckClip(clip);
    CheckDuration(clip, duration);
    TakeUnits(clip, units);
    import_.clips.push_back(std::move(clip));
  }

  std::string Text(const Json& entry, const std::string& field) {
    const auto at = entry.find(field);
    if (at != entry.end() && at->is_string()) return at->get<std::string>();
    Report(at == entry.end() ? "field '" + field + "' is missing"
                             : "field '" + field + "' is not a string",
           "a string, as in MFED's annotation");
    return "";
  }

  std::string Name(const Json& entry, const std::string& field) {
    const std::size_t problems_before = problems_.size();
    const std::string text = Text(entry, field);
    const bool bad = text.empty() || text.find('\0') != std::string::npos;
    if (bad && problems_.size() == problems_before) {
      Report("field '" + field + "' is no name: '" + Beginning(text) + "'", "text");
    }
    return text;
  }

  std::int64_t Frame(const Json& entry, const std::string& field) {
    const std::size_t problems_before = problems_.size();
    const std::string text = Text(entry, field);
    const auto frame = ParseInt(text);
    if (frame && *frame >= 0 && *frame <= kFrameMax) return *frame;
    if (problems_.size() == problems_before) {
      Report("bad frame number '" + Beginning(text) + "' in " + field,
             fmt::format("a whole number, 0 to {}", kFrameMax));
    }
    return 0;
  }

  void CheckClip(const ManifestClip& clip) {
    if (!samples_.insert(clip.sample).second) {
      Report("clip '" + Beginning(clip.sample) + "' is there twice", "each Filename once");
    }
    if (*clip.onset > *clip.apex || *clip.apex > *clip.offset) {
      Report(
          fmt::format("frames {}, {}, {} are out of order", *clip.onset, *clip.apex, *clip.offset),
          "onset <= apex <= offset");
    }
  }

  void CheckDuration(const ManifestClip& clip, const std::string& duration) {
    const std::int64_t expected = *clip.offset - *clip.onset + 1;
    if (ParseReal(duration) == static_cast<double>(expected)) return;
    import_.durations.push_back({entry_, clip.sample, duration, expected});
  }

  void TakeUnits(ManifestClip& clip, const std::string& text) {
    CleanUnits clean = CleanActionUnits(text);
    clip.action_units = std::move(clean.units);
    if (clean.kinds.empty()) return;
    import_.cleaned.push_back(
        {entry_, clip.sample, text, Join(clip.action_units, " "), std::move(clean.kinds)});
  }

  void FindFrames() {
    const ClipFolders folders(*frames_root_, samples_);
    for (ManifestClip& clip : import_.clips) {
      const auto found = folders.Find(clip.subject, clip.sample);
      clip.frames = found.value_or("");
      if (!IsUtf8(clip.frames)) {
        problems_.push_back({"a path that is not UTF-8", EscapeControl(clip.frames),
                             "names in UTF-8: manifests are"});
      }
      if (!found) import_.missing_frames.push_back(clip.sample);
    }
  }

  void Report(std::string what, std::string expected) {
    problems_.push_back(
        {std::move(what), fmt::format("{}, entry {}", name_, entry_), std::move(expected)});
  }

  const std::string& name_;
  const std::optional<fs::path>& frames_root_;
  std::string entry_;  // being read
  std::set<std::string> samples_;
  std::vector<Problem> problems_;
  MfedImport import_;
};

}  // namespace

Result<MfedImport> ImportMfed(std::string_view json, const std::string& name,
                              const std::optional<fs::path>& frames_root) {
  // Keys once: a clip must not vanish because another has its key.
  UNMASK_ASSIGN(const Json annotation,
                ParseJsonObject(json, name, "an object of entries \"1\", \"2\", ...",
                                {.what = "MFED's annotation", .keys_once = true}));
  return Importer(name, frames_root).Import(annotation);
}

}  // namespace unmask
