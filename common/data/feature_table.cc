#include "common/data/feature_table.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "common/base/text.h"
#include "common/data/csv.h"

namespace unmask {
namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 30;
constexpr std::size_t kWidest = 65536;
constexpr const char* kSampleColumn = "sample";

std::optional<float> ReadFloat(std::string_view text) {
  const auto number = ParseReal(Trim(text));
  if (!number || !std::isfinite(static_cast<float>(*number))) return std::nullopt;
  return static_cast<float>(*number);
}

class FeatureTableReader {
 public:
  explicit FeatureTableReader(const std::string& name) { table_.name = name; }

  Result<FeatureTable> Read(std::string_view bytes) {
    const CsvTable csv = ParseCsv(bytes, table_.name, problems_, {.row_fields = kWidest + 1});
    if (!csv.rows.empty()) ReadRows(csv);
    if (table_.rows.empty() && problems_.empty()) {
      Report("no features", table_.name,
             "a header with the column sample, and a row for each clip");
    }
    if (problems_.empty()) return std::move(table_);
    SortByPlace(problems_);
    return Error(ErrorCode::kData, std::move(problems_));
  }

 private:
  void ReadRows(const CsvTable& csv) {
    if (auto problem = OtherSeparators(csv.rows.front(), table_.name)) {
      problems_.push_back(std::move(*problem));
    } else {
      ReadHeader(csv.rows.front());
    }
    if (!problems_.empty()) return;  // what the columns are is in doubt
    for (std::size_t i = 1; i < csv.rows.size(); ++i) {
      if (csv.rows[i].broken) continue;  // reported with its syntax
      if (auto problem = OtherLength(csv, i, table_.name)) {
        problems_.push_back(std::move(*problem));
      } else {
        ReadRow(csv.rows[i]);
      }
    }
  }

  void ReadHeader(const CsvRow& header) {
    std::map<std::string_view, std::size_t> place_of;
    for (std::size_t i = 0; i < header.fields.size(); ++i) {
      const CsvField& field = header.fields[i];
      if (field.text.empty()) {  // pandas writes a frame's index so
        Report("a column without a name", At(field), "a name, or the column left out");
      } else if (!place_of.try_emplace(field.text, i).second) {
        Report(fmt::format("column '{}' is there twice", field.text), At(field), "it once");
      }
      columns_.push_back(field.text);
    }
    const auto sample = place_of.find(kSampleColumn);
    if (sample == place_of.end()) {
      Report("missing column 'sample'", At(header.fields.front()), "the names of the clips");
    } else if (columns_.size() == 1) {
      Report("no column but 'sample'", At(header.fields.front()), "one for each feature");
    } else {
      sample_ = sample->second;
    }
    table_.width = columns_.size() - 1;
  }

  void ReadRow(const CsvRow& row) {
    const CsvField& sample = row.fields[sample_];
    if (sample.text.empty()) Report("empty sample", At(sample), "a clip's name");
    std::vector<float> features;
    features.reserve(table_.width);
    for (std::size_t i = 0; i < row.fields.size(); ++i) {
      if (i == sample_) continue;
      const auto number = ReadFloat(row.fields[i].text);
      if (!number) ReportNumber(row.fields[i], columns_[i]);
      features.push_back(number.value_or(0.0F));
    }
    if (table_.rows.try_emplace(sample.text, std::move(features)).second) return;
    Report(fmt::format("clip '{}' is there twice", sample.text), At(sample), "names used once");
  }

  void ReportNumber(const CsvField& field, const std::string& column) {
    Report(fmt::format("bad number '{}' in column '{}'", field.text, column), At(field),
           "a finite number");
  }

  std::string At(const CsvField& field) const { return CsvWhere(table_.name, field); }

  void Report(std::string what, std::string where, std::string expected) {
    problems_.push_back({std::move(what), std::move(where), std::move(expected)});
  }

  FeatureTable table_;
  std::vector<Problem> problems_;
  std::vector<std::string> columns_;
  std::size_t sample_ = 0;  // its place among them
};

}  // namespace

Result<FeatureTable> LoadFeatureTable(const fs::path& path) {
  UNMASK_ASSIGN(const std::string bytes, ReadFile(path, kMaxBytes));
  return ParseFeatureTable(bytes, path.string());
}

Result<FeatureTable> ParseFeatureTable(std::string_view bytes, const std::string& name) {
  return FeatureTableReader(name).Read(bytes);
}

}  // namespace unmask
