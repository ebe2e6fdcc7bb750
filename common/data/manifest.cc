#include "common/data/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "common/base/text.h"
#include "common/data/csv.h"

namespace unmask {
namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{256} << 20;

enum Column {
  kSample,
  kSubject,
  kTrue,
  kDisguised,
  kOnset,
  kApex,
  kOffset,
  kFrames,
  kActionUnits,
  kColumns
};
const std::vector<std::string> kHeader = {"sample", "subject", "true",   "disguised",   "onset",
                                          "apex",   "offset",  "frames", "action_units"};

// "1L", "R12", "12C": the code inside, if there is one; FACS also writes sides and intensities.
std::string BareCode(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
  if (!text.empty() && is_letter(text.front())) text.remove_prefix(1);
  if (!text.empty() && is_letter(text.back())) text.remove_suffix(1);
  return FacsIndex(text) >= 0 ? std::string(text) : "";
}

class ManifestReader {
 public:
  ManifestReader(const std::string& name, const fs::path& root) : name_(name), root_(root) {}

  ManifestDraft Read(std::string_view bytes) {
    const CsvTable table = ParseCsv(bytes, name_, problems_);
    if (!table.rows.empty()) ReadTable(table);
    if (table.rows.empty() && problems_.empty()) {
      Report("empty file", name_, "header " + Join(kHeader, ","));
    }
    SortByPlace(problems_);  // what is wrong with the CSV was told first
    return {std::move(manifest_), std::move(problems_)};
  }

 private:
  void ReadTable(const CsvTable& table) {
    if (auto problem = OtherSeparators(table.rows[0], name_)) {
      problems_.push_back(std::move(*problem));
      return;
    }
    ReadHeader(table.rows[0]);
    for (std::size_t i = 1; i < table.rows.size(); ++i) {
      if (table.rows[i].broken) continue;  // reported with its syntax
      if (auto problem = OtherLength(table, i, name_)) {
        problems_.push_back(std::move(*problem));
      } else {
        ReadRow(table.rows[i]);
      }
    }
    if (table.rows.size() == 1 && problems_.empty()) Report("no clips", name_, "a row for each");
  }

  void ReadHeader(const CsvRow& header) {
    column_at_.fill(-1);
    std::vector<std::string> others;
    for (std::size_t i = 0; i < header.fields.size(); ++i) {
      const CsvField& field = header.fields[i];
      const auto known = std::find(kHeader.begin(), kHeader.end(), field.text);
      if (known == kHeader.end()) {
        others.push_back(field.text);
      } else if (int& at = column_at_[known - kHeader.begin()]; at < 0) {
        at = static_cast<int>(i);
      } else {
        Report("column '" + field.text + "' is there twice", CsvWhere(name_, field), "it once");
      }
    }
    for (int column = 0; column < kColumns; ++column) {
      if (column_at_[column] < 0) ReportMissing(kHeader[column], header.fields[0], others);
    }
  }

  void ReportMissing(const std::string& column, const CsvField& at,
                     const std::vector<std::string>& others) {
    const auto nearest = NearestName(column, others);
    Report("missing column '" + column + "'", CsvWhere(name_, at),
           nearest ? "rename column '" + *nearest + "'?" : "header " + Join(kHeader, ","));
  }

  void ReadRow(const CsvRow& row) {
    row_ = &row;
    ManifestClip clip;
    clip.line = row.fields[0].line;
    clip.sample = ReadName(kSample);
    clip.subject = ReadName(kSubject);
    clip.true_label = Text(kTrue);
    clip.disguised_label = Text(kDisguised);
    clip.onset = ReadFrame(kOnset);
    clip.apex = ReadFrame(kApex);
    clip.offset = ReadFrame(kOffset);
    clip.frames = ReadFrames();
    clip.onset_at = PlaceOf(kOnset);
    clip.apex_at = PlaceOf(kApex);
    clip.frames_at = PlaceOf(kFrames);
    clip.action_units = ReadActionUnits();
    CheckOrder(clip);
    CheckDuplicate(clip);
    manifest_.clips.push_back(std::move(clip));
  }

  // Null where the header lacks the column, which has been reported.
  const CsvField* Cell(Column column) const {
    return column_at_[column] < 0 ? nullptr : &row_->fields[column_at_[column]];
  }

  std::string Text(Column column) const {
    const CsvField* cell = Cell(column);
    return cell ? cell->text : "";
  }

  CellPlace PlaceOf(Column column) const {
    const CsvField* cell = Cell(column);
    return cell ? CellPlace{cell->line, cell->column} : CellPlace{};
  }

  std::string ReadName(Column column) {
    const CsvField* cell = Cell(column);
    if (cell && cell->text.empty()) {
      Report("empty " + kHeader[column], CsvWhere(name_, *cell), "a name");
    }
    return Text(column);
  }

  std::optional<std::int64_t> ReadFrame(Column column) {
    const CsvField* cell = Cell(column);
    if (!cell || cell->text.empty()) return std::nullopt;
    const auto frame = ParseInt(cell->text);
    if (frame && *frame >= 0) return frame;
    Report(fmt::format("bad frame number '{}' in column {}", cell->text, kHeader[column]),
           CsvWhere(name_, *cell), "a whole number, 0 or more, or nothing");
    return std::nullopt;
  }

  std::string ReadFrames() {
    const CsvField* cell = Cell(kFrames);
    if (cell && !cell->text.empty() && !ResolveBeneath(root_, cell->text).ok()) {
      Report("frames '" + cell->text + "' are outside the root", CsvWhere(name_, *cell),
             "a path beneath " + root_.string() + ", relative to it");
    }
    return Text(kFrames);
  }

  std::vector<std::string> ReadActionUnits() {
    std::vector<std::string> units;
    for (const std::string& unit : Split(Text(kActionUnits), ' ')) {
      if (unit.empty() || std::find(units.begin(), units.end(), unit) != units.end()) continue;
      if (FacsIndex(unit) < 0) ReportUnit(unit);
      units.push_back(unit);
    }
    return units;
  }

  void ReportUnit(const std::string& unit) {
    const std::string bare = BareCode(unit);
    Report("unknown action unit '" + unit + "'", CsvWhere(name_, *Cell(kActionUnits)),
           bare.empty() ? "FACS codes separated by spaces, such as '1 12'"
                        : "a FACS code without side or intensity: '" + bare + "'");
  }

  void CheckOrder(const ManifestClip& clip) {
    CheckOrder(kOnset, clip.onset, kApex, clip.apex);
    CheckOrder(kApex, clip.apex, kOffset, clip.offset);
    if (!clip.apex) CheckOrder(kOnset, clip.onset, kOffset, clip.offset);
  }

  void CheckOrder(Column early, std::optional<std::int64_t> first, Column late,
                  std::optional<std::int64_t> second) {
    if (!first || !second || *first <= *second) return;
    Report(fmt::format("{} {} is after {} {}", kHeader[early], *first, kHeader[late], *second),
           CsvWhere(name_, *Cell(late)), "onset <= apex <= offset");
  }

  void CheckDuplicate(const ManifestClip& clip) {
    if (clip.sample.empty()) return;
    const auto [first, fresh] = line_of_.try_emplace(clip.sample, clip.line);
    if (fresh) return;
    Report(fmt::format("clip '{}' is there twice", clip.sample), CsvWhere(name_, *Cell(kSample)),
           fmt::format("names used once; line {} has it too", first->second));
  }

  void Report(std::string what, std::string where, std::string expected) {
    problems_.push_back({std::move(what), std::move(where), std::move(expected)});
  }

  const std::string name_;
  const fs::path root_;
  std::vector<Problem> problems_;
  std::array<int, kColumns> column_at_{};  // -1: missing
  const CsvRow* row_ = nullptr;            // being read
  std::map<std::string, int> line_of_;     // by sample
  Manifest manifest_{name_, {}};
};

Result<Manifest> WithoutProblems(ManifestDraft draft) {
  if (!draft.problems.empty()) return Error(ErrorCode::kData, std::move(draft.problems));
  return std::move(draft.manifest);
}

}  // namespace

Result<Manifest> LoadManifest(const fs::path& path, const fs::path& root) {
  UNMASK_ASSIGN(ManifestDraft draft, LoadManifestDraft(path, root));
  return WithoutProblems(std::move(draft));
}

Result<ManifestDraft> LoadManifestDraft(const fs::path& path, const fs::path& root) {
  UNMASK_ASSIGN(const std::string bytes, ReadFile(path, kMaxBytes));
  return ManifestReader(path.string(), DatasetRoot(path, root)).Read(bytes);
}

fs::path DatasetRoot(const fs::path& manifest, const fs::path& root) {
  return root.empty() ? FolderOf(manifest) : root;
}

Result<Manifest> ParseManifest(std::string_view bytes, const std::string& name,
                               const fs::path& root) {
  return WithoutProblems(ManifestReader(name, root).Read(bytes));
}

std::string ManifestCsv(const std::vector<ManifestClip>& clips) {
  const auto frame = [](std::optional<std::int64_t> number) {
    return number ? std::to_string(*number) : "";
  };
  std::string csv = CsvLine(kHeader);
  for (const ManifestClip& clip : clips) {
    csv += CsvLine({clip.sample, clip.subject, clip.true_label, clip.disguised_label,
                    frame(clip.onset), frame(clip.apex), frame(clip.offset), clip.frames,
                    Join(clip.action_units, " ")});
  }
  return csv;
}

bool IsMasked(const ManifestClip& clip) {
  return !clip.true_label.empty() && !clip.disguised_label.empty() &&
         clip.true_label != clip.disguised_label;
}

}  // namespace unmask
