#include "common/data/csv.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.h"

namespace unmask {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

class CsvParser {
 public:
  CsvParser(std::string_view bytes, const std::string& name, std::vector<Problem>& problems,
            const CsvLimits& limits)
      : rest_(bytes), name_(name), problems_(problems), limits_(limits) {}

  CsvTable Parse() {
    CsvTable table;
    table.ends_with_newline = rest_.empty() || rest_.back() == '\n';
    if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
    while (!rest_.empty() && !stopped_) {
      if (TakeLineBreak()) continue;  // a blank line
      if (table.rows.size() == limits_.rows) {
        Stop(fmt::format("at most {} rows", limits_.rows));
        break;
      }
      table.rows.push_back(TakeRow());
    }
    return table;
  }

 private:
  CsvRow TakeRow() {
    row_ = {};
    do {
      if (row_.fields.size() == limits_.row_fields) {
        Stop(fmt::format("at most {} fields in a row", limits_.row_fields));
        break;
      }
      TakeField();
    } while (!stopped_ && TakeChar(','));
    if (!stopped_ && !rest_.empty()) UNMASK_CHECK(TakeLineBreak());
    return std::move(row_);
  }

  void TakeField() {
    row_.fields.push_back({"", line_, column_});
    if (TakeChar('"')) TakeQuoted();
    TakePlain(row_.fields.back().text.size());
    CheckText(row_.fields.back());
  }

  // The text up to the closing quote, which is taken as well.
  void TakeQuoted() {
    quoted_ = true;
    std::string& text = row_.fields.back().text;
    while (!rest_.empty() && !stopped_) {
      if (TakeChar('"')) {
        if (!TakeChar('"')) return;
        text += '"';
      } else {
        Take(text);
      }
    }
    if (stopped_) return;
    const CsvField& field = row_.fields.back();
    Report("quote is never closed", CsvWhere(name_, field),
           "a closing '\"' (is the file cut short?)");
  }

  // The text up to a comma or line break; what follows a closing quote is out of place.
  void TakePlain(std::size_t quoted_bytes) {
    std::string& text = row_.fields.back().text;
    const bool after_quotes = std::exchange(quoted_, false);
    while (!rest_.empty() && !stopped_ && rest_.front() != ',' && LineBreakBytes() == 0) {
      if (after_quotes && text.size() == quoted_bytes) {
        Report("text after a closing quote", Here(), "a comma, or \"\" for a quote inside quotes");
      } else if (rest_.front() == '"') {
        Report("quote inside an unquoted field", Here(), "the field in quotes, with \"\" for each");
      } else if (rest_.front() == '\r') {
        Report("bare carriage return", Here(), "lines that end with LF or CRLF, or quotes");
      }
      Take(text);
    }
  }

  // A field of its own: the row's others stand where they should.
  void CheckText(const CsvField& field) {
    if (row_.broken) return;
    if (!IsUtf8(field.text)) {
      problems_.push_back({"invalid UTF-8", CsvWhere(name_, field), "text saved as UTF-8"});
    }
    if (field.text.find('\0') != std::string::npos) {
      problems_.push_back({"NUL byte", CsvWhere(name_, field), "text"});
    }
  }

  std::size_t LineBreakBytes() const {
    if (rest_.starts_with('\n')) return 1;
    return rest_.starts_with("\r\n") || rest_ == "\r" ? std::min<std::size_t>(2, rest_.size()) : 0;
  }

  bool TakeLineBreak() {
    const std::size_t bytes = LineBreakBytes();
    rest_.remove_prefix(bytes);
    if (bytes > 0) NextLine();
    return bytes > 0;
  }

  bool TakeChar(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    ++column_;
    return true;
  }

  void Take(std::string& text) {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    text += c;
    const bool continues = (static_cast<unsigned char>(c) & 0xC0) == 0x80;  // of a UTF-8 character
    if (c == '\n') {
      NextLine();
    } else if (!continues) {
      ++column_;
    }
    if (text.size() > limits_.field_bytes) {
      Stop(fmt::format("at most {} bytes in a field", limits_.field_bytes));
    }
  }

  void NextLine() {
    ++line_;
    column_ = 1;
  }

  std::string Here() const { return fmt::format("{}:{}:{}", name_, line_, column_); }

  // What shifts fields, once a row: what follows the first is mostly its consequence.
  void Report(std::string what, std::string where, std::string expected) {
    if (row_.broken) return;
    row_.broken = true;
    problems_.push_back({std::move(what), std::move(where), std::move(expected)});
  }

  void Stop(std::string expected) {
    row_.broken = stopped_ = true;
    problems_.push_back({"file is too large to be a table", Here(), std::move(expected)});
  }

  std::string_view rest_;
  const std::string& name_;
  std::vector<Problem>& problems_;
  const CsvLimits limits_;
  CsvRow row_;
  int line_ = 1;
  int column_ = 1;
  bool quoted_ = false;  // the field being read began with a quote
  bool stopped_ = false;
};

using Place = std::pair<std::int64_t, std::int64_t>;  // line, column

// At the end of "name:LINE:COLUMN"; zeros where there are none.
Place PlaceOf(const std::string& where) {
  const std::vector<std::string> parts = Split(where, ':');
  if (parts.size() < 3) return {};
  return {ParseInt(parts[parts.size() - 2]).value_or(0), ParseInt(parts.back()).value_or(0)};
}

}  // namespace

CsvTable ParseCsv(std::string_view bytes, const std::string& name, std::vector<Problem>& problems,
                  const CsvLimits& limits) {
  return CsvParser(bytes, name, problems, limits).Parse();
}

std::optional<Problem> OtherSeparators(const CsvRow& header, const std::string& name) {
  const CsvField& first = header.fields.front();
  if (header.fields.size() > 1) return std::nullopt;
  for (const char separator : {';', '\t'}) {
    if (first.text.find(separator) == std::string::npos) continue;
    const std::string what = separator == ';' ? "';'" : "tabs";
    return Problem{"columns separated by " + what, CsvWhere(name, first), "by ','"};
  }
  return std::nullopt;
}

std::optional<Problem> OtherLength(const CsvTable& table, std::size_t row,
                                   const std::string& name) {
  const std::vector<CsvField>& fields = table.rows[row].fields;
  const std::size_t wanted = table.rows.front().fields.size();
  if (fields.size() == wanted) return std::nullopt;
  const bool cut = row + 1 == table.rows.size() && !table.ends_with_newline;
  return Problem{
      fmt::format("{} fields in a row", fields.size()), CsvWhere(name, fields.front()),
      fmt::format("{} as in the header{}", wanted, cut ? " (is the file cut short?)" : "")};
}

std::string CsvWhere(const std::string& name, const CsvField& field) {
  return fmt::format("{}:{}:{}", name, field.line, field.column);
}

void SortByPlace(std::vector<Problem>& problems) {
  std::vector<std::pair<Place, Problem>> placed;  // each text is read once
  placed.reserve(problems.size());
  for (Problem& problem : problems) {
    const Place place = PlaceOf(problem.where);
    placed.emplace_back(place, std::move(problem));
  }
  std::ranges::stable_sort(placed, {}, &std::pair<Place, Problem>::first);
  for (std::size_t i = 0; i < placed.size(); ++i) problems[i] = std::move(placed[i].second);
}

std::string CsvLine(const std::vector<std::string>& fields) {
  std::string line;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += ',';
    const std::string& field = fields[i];
    const bool blank_line = fields.size() == 1 && field.empty();
    if (!blank_line && field.find_first_of(",\"\r\n") == std::string::npos) {
      line += field;
      continue;
    }
    line += '"';
    for (const char c : field) line.append(c == '"' ? 2 : 1, c);
    line += '"';
  }
  return line + '\n';
}

}  // namespace unmask
