// CSV as in RFC 4180, UTF-8: quoted fields, doubled quotes, line breaks inside quotes; CRLF and LF;
// a byte order mark and blank lines are skipped. Text is kept byte for byte, never trimmed.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace unmask {

struct CsvField {
  std::string text;
  int line = 0;    // where the field starts, from 1
  int column = 0;  // in characters (code points), from 1
};

struct CsvRow {
  std::vector<CsvField> fields;  // at least one
  bool broken = false;           // where its fields lie is in doubt, which was reported
};

struct CsvTable {
  std::vector<CsvRow> rows;
  bool ends_with_newline = true;  // false: the file may be cut
};

struct CsvLimits {
  std::size_t field_bytes = std::size_t{1} << 16;
  std::size_t row_fields = 1024;
  std::size_t rows = std::size_t{1} << 20;
};

// Reads as much as can be read and adds every syntax problem to `problems`: a quote out of place or
// not closed, a bare carriage return, invalid UTF-8, a NUL byte, a limit exceeded (reading stops).
// `name` is the file as messages name it.
CsvTable ParseCsv(std::string_view bytes, const std::string& name, std::vector<Problem>& problems,
                  const CsvLimits& limits = {});

// What is wrong with a table whose first row is `header`, where its columns seem to be separated by
// semicolons or tabs, as spreadsheets write them where the comma is for decimals.
std::optional<Problem> OtherSeparators(const CsvRow& header, const std::string& name);
// What is wrong with `table.rows[row]` where it has more or fewer fields than the header.
std::optional<Problem> OtherLength(const CsvTable& table, std::size_t row, const std::string& name);

// "name:LINE:COLUMN".
std::string CsvWhere(const std::string& name, const CsvField& field);

// Problems of one file by line and column; those without come first. Equal places keep their order.
void SortByPlace(std::vector<Problem>& problems);

// One record with its line break (LF); quotes only where needed. Reads back as the same fields.
std::string CsvLine(const std::vector<std::string>& fields);

}  // namespace unmask
