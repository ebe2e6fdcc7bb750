#include "coordinator/report/query_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "common/base/display_width.h"
#include "common/base/json_text.h"
#include "common/base/text.h"
#include "common/base/unique_names.h"
#include "coordinator/report/escape.h"

namespace unmask {
namespace {

using Write = std::function<void(std::string_view)>;

std::string Hex(const SqlBlob& blob) {
  std::string text;
  for (const char byte : blob.bytes)
    text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

std::string RealText(double value) {
  if (std::isfinite(value)) return ShortestReal(value);
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

bool IsNumber(const SqlValue& value) {
  return std::holds_alternative<std::int64_t>(value) || std::holds_alternative<double>(value);
}

// What a cell shows before it is escaped.
std::string PlainText(const SqlValue& value, std::string_view null) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *whole);
  if (const auto* real = std::get_if<double>(&value)) return RealText(*real);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* blob = std::get_if<SqlBlob>(&value)) return Hex(*blob);
  return std::string(null);
}

// Columns of one name (a join's) would be one key: "a", "a_2", "a_3".
std::vector<std::string> DistinctNames(const std::vector<std::string>& names) {
  UniqueNames unique({names.begin(), names.end()});
  std::set<std::string> seen;
  std::vector<std::string> distinct;
  distinct.reserve(names.size());
  for (const std::string& name : names) {
    distinct.push_back(seen.insert(name).second ? name : unique.Take(name, "_"));
  }
  return distinct;
}

class TableFormatter final : public QueryFormatter {
 public:
  explicit TableFormatter(Write write) : write_(std::move(write)) {}

  void Columns(const std::vector<std::string>& names) override {
    widths_.assign(names.size(), 0);
    right_.assign(names.size(), true);
    std::vector<std::string> cells;
    cells.reserve(names.size());
    for (const std::string& name : names) cells.push_back(VisibleText(name));
    Keep(std::move(cells));
  }

  void Row(const std::vector<SqlValue>& values) override {
    std::vector<std::string> cells;
    for (std::size_t i = 0; i < values.size(); ++i) {
      cells.push_back(VisibleText(PlainText(values[i], "NULL")));
      const bool null = std::holds_alternative<std::monostate>(values[i]);
      right_[i] = right_[i] && (null || IsNumber(values[i]));
    }
    Keep(std::move(cells));
  }

  void Finish() override {
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      write_(Line(rows_[row]));
      if (row == 0) write_(Rule());
    }
  }

 private:
  void Keep(std::vector<std::string> cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      widths_[i] = std::max(widths_[i], DisplayWidth(cells[i]));
    }
    rows_.push_back(std::move(cells));
  }

  std::string Line(const std::vector<std::string>& cells) const {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) line += "  ";
      line += right_[i] ? AlignRight(cells[i], widths_[i]) : AlignLeft(cells[i], widths_[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line + '\n';
  }

  std::string Rule() const {
    std::string line;
    for (std::size_t i = 0; i < widths_.size(); ++i) {
      if (i > 0) line += "  ";
      line += std::string(static_cast<std::size_t>(widths_[i]), '-');
    }
    return line + '\n';
  }

  Write write_;
  std::vector<std::vector<std::string>> rows_;  // the names first
  std::vector<int> widths_;
  std::vector<bool> right_;  // columns of numbers
};

class CsvFormatter final : public QueryFormatter {
 public:
  explicit CsvFormatter(Write write) : write_(std::move(write)) {}

  void Columns(const std::vector<std::string>& names) override {
    CsvRecord record;
    for (const std::string& name : names) record.Text(name);
    write_(record.Line());
  }

  void Row(const std::vector<SqlValue>& values) override {
    CsvRecord record;
    for (const SqlValue& value : values) {
      const std::string text = PlainText(value, "");
      if (IsNumber(value)) {
        record.Number(text);
      } else {
        record.Text(text);
      }
    }
    write_(record.Line());
  }

  void Finish() override {}

 private:
  Write write_;
};

class JsonFormatter final : public QueryFormatter {
 public:
  explicit JsonFormatter(Write write) : write_(std::move(write)) {}

  void Columns(const std::vector<std::string>& names) override {
    for (const std::string& name : DistinctNames(names)) names_.push_back(Json(name));
  }

  void Row(const std::vector<SqlValue>& values) override {
    std::string line = first_ ? "[\n  {" : ",\n  {";
    first_ = false;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) line += ", ";
      line +=
          names_[i] + ": " + std::visit([](const auto& value) { return Json(value); }, values[i]);
    }
    write_(line + "}");
  }

  void Finish() override { write_(first_ ? "[]\n" : "\n]\n"); }

 private:
  static std::string Json(std::monostate) { return "null"; }
  static std::string Json(const SqlBlob& blob) { return Json(Hex(blob)); }
  template <typename T>
  static std::string Json(const T& value) {
    return AsciiJson(nlohmann::json(value));
  }

  Write write_;
  std::vector<std::string> names_;
  bool first_ = true;
};

}  // namespace

std::unique_ptr<QueryFormatter> MakeQueryFormatter(QueryFormat format, Write write) {
  switch (format) {
    case QueryFormat::kCsv:
      return std::make_unique<CsvFormatter>(std::move(write));
    case QueryFormat::kJson:
      return std::make_unique<JsonFormatter>(std::move(write));
    case QueryFormat::kTable:
      break;
  }
  return std::make_unique<TableFormatter>(std::move(write));
}

}  // namespace unmask
